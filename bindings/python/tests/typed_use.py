"""Read by the type checker, never run: a host that uses everything."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path

from typing_extensions import assert_type

import semper


def lookup(keys: semper.Keys) -> dict[str, dict[str, str] | None]:
    assert_type(keys.remaining, "float | None")
    return {key: None for key in keys}


class Directory:
    def lookup(self, keys: semper.Keys) -> list[bytes | Exception]:
        return [KeyError(key) for key in keys]


def host(event: bytes) -> Iterator[str]:
    policies = semper.compile(
        Path("policies"),
        "more",
        policies={"30_extension/x": {"extension": {}}},
        accounts=Path("accounts.json"),
        providers={
            "a": lookup,
            "b": Directory(),
            "c": semper.Provider(lookup, kind="resource", ttl=60, deadline=2.5),
            "d": "sqlite:cmdb.db?query=SELECT 1",
            "e": {"key": {"owner": "x"}},
        },
        regions=["eu-central-1"],
        limits=semper.Limits(event_bytes=1 << 20),
    )
    assert_type(policies, semper.PolicySet)
    with policies:
        for record in policies.evaluate(event):
            assert_type(record, semper.Record)
            assert_type(record.json(), bytes)
            assert_type(record.policies, tuple[semper.Hit, ...])
            if record.decision == "dropped":
                yield record.policies[0].id
        for record in policies.evaluate_many([event, "{}", {"a": 1}]):
            yield str(record)
        assert_type(policies[0].expires_at, "datetime.datetime | None")
    with semper.Slot(policies) as slot, slot.evaluator(now=datetime.datetime.now) as evaluator:
        assert_type(evaluator.evaluate_ndjson(event).policies, semper.PolicySet)
        assert_type(evaluator.counters.dropped, int)
        assert_type(evaluator.policy_hits, dict[str, int])
    assert_type(semper.Pattern({"a": ["b"]}).matches(event), bool)
    assert_type(semper.Patterns([{"a": ["b"]}], arrays="all").matching(event), list[int])
    assert_type(semper.Scope({}).contains(account_id="111122223333"), "bool | None")
    try:
        semper.compile("policies", dialect="x")  # type: ignore[call-arg]
    except semper.PolicyError as error:
        yield error.diagnostics[0].code
