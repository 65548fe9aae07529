"""The vectors of the pattern and scope language (docs/pattern-language.md, section 14)."""

from __future__ import annotations

import base64
import json
import sys
from json.decoder import scanstring
from pathlib import Path

import pytest
from conftest import CONFORMANCE

import semper

FILES = ["vectors.jsonl", "vectors_semper.jsonl"]


class Vector:
    """One line. Patterns and events are the bytes of the line: parsing and writing them again
    would lose repeated keys and the digits of numbers."""

    def __init__(self, line: str) -> None:
        self.values = {}
        self.texts = {}
        decode = json.JSONDecoder().raw_decode
        at = line.index("{") + 1
        while line[at] != "}":
            while line[at] in " ,":
                at += 1
            key, at = scanstring(line, at + 1, True)
            while line[at] in " :":
                at += 1
            self.values[key], end = decode(line, at)
            self.texts[key] = line[at:end]
            at = end

    def get(self, key: str):
        return self.values.get(key)

    def json(self, key: str) -> str | bytes:
        if key in self.texts:
            return self.texts[key]
        if key + "_text" in self.values:
            return self.values[key + "_text"]
        return base64.b64decode(self.values[key + "_b64"])

    def dialects(self) -> list[str]:
        name = self.values["dialect"]
        return ["eventbridge", "semper"] if name == "both" else [name]


def load() -> list:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(50000)
    vectors = []
    for name in FILES:
        for line in (CONFORMANCE / name).read_text(encoding="utf-8").splitlines():
            vector = Vector(line)
            vectors.append(pytest.param(vector, id=vector.values["id"]))
    sys.setrecursionlimit(limit)
    return vectors


def code_of(make) -> str:
    """The code of the first error; "" where there is none."""
    try:
        make().close()
    except semper.PolicyError as error:
        return next(found.code for found in error.diagnostics if found.severity == "error")
    return ""


def test_all_vectors_are_there():
    lines = sum(len(Path(CONFORMANCE / name).read_bytes().splitlines()) for name in FILES)
    assert len(VECTORS) == lines > 1000


VECTORS = load()


@pytest.mark.parametrize("vector", VECTORS)
def test_vector(vector: Vector):
    KINDS[vector.values["kind"]](vector)


def match(vector: Vector) -> None:
    arrays = vector.get("arrays") or "any"
    for dialect in vector.dialects():
        with semper.Pattern(vector.json("pattern"), dialect=dialect, arrays=arrays) as pattern:
            assert pattern.matches(vector.json("event")) is vector.values["match"]


def invalid(vector: Vector) -> None:
    for dialect in vector.dialects():
        code = code_of(lambda d=dialect: semper.Pattern(vector.json("pattern"), dialect=d))
        assert code == vector.values["error"]


def event_error(vector: Vector) -> None:
    for dialect in vector.dialects():
        with semper.Pattern(vector.json("pattern"), dialect=dialect) as pattern:
            with pytest.raises(semper.InvalidEventError) as raised:
                pattern.matches(vector.json("event"))
            assert raised.value.code == vector.values["error"]


def scope(vector: Vector) -> None:
    with semper.Scope(vector.json("scope")) as compiled:
        # What a vector's account or region leaves open puts nobody into scope, as for a filter.
        answer = compiled.contains(account=vector.json("account"), region=vector.get("region"))
        assert (answer is True) is vector.values["in_scope"]


def effective_list(vector: Vector) -> None:
    effective, defaults = vector.values["effective"], vector.values["defaults"]
    with semper.Scope(vector.json("scope"), kind="list") as compiled:
        # The C ABI takes no default regions for every region, so only what is in can be asked then.
        outside = [*defaults, "xx-nowhere-1"] if defaults else []
        for region in {*effective, *outside}:
            inside = compiled.contains(region=region, regions=defaults)
            assert inside is (region in effective), region


KINDS = {
    "match": match,
    "invalid": invalid,
    "event-error": event_error,
    "scope": scope,
    "scope-invalid": lambda vector: check_scope(vector, "policy"),
    "effective-list": effective_list,
    "effective-list-invalid": lambda vector: check_scope(vector, "list"),
}


def check_scope(vector: Vector, kind: str) -> None:
    code = code_of(lambda: semper.Scope(vector.json("scope"), kind=kind))
    assert code == vector.values["error"]
