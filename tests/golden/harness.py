"""Runs the semper command for the tests in this folder; its path is their first argument."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
GOLDEN = ROOT / "tests" / "golden"
CLOCK = "2026-01-15T12:00:00Z"

SEMPER = None


def main():
    global SEMPER
    if len(sys.argv) < 2:
        sys.exit(f"usage: {sys.argv[0]} SEMPER [unittest arguments]")
    SEMPER = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main(module="__main__")


def run(*arguments, stdin=None):
    """The finished process; its output as text."""
    return subprocess.run(
        [SEMPER, *map(str, arguments)],
        input=stdin.encode() if isinstance(stdin, str) else stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        timeout=120,
        check=False,
    )


def process(*inputs, policies=EXAMPLES / "policies", regions="eu-central-1,us-east-1", stdin=None):
    """The records of all decisions, in the order of the input, keys in their order."""
    arguments = ["process", "--policies", policies, "--accounts", EXAMPLES / "accounts.json"]
    arguments += ["--clock", CLOCK, "--regions", regions]
    for destination in ("--dropped", "--no-findings", "--invalid"):
        arguments += [destination, "-"]
    done = run(*arguments, *inputs, stdin=stdin)
    if done.returncode != 0:
        raise AssertionError(f"exit {done.returncode}: {done.stderr.decode()}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def effects(record):
    """[(effect, policy id)] of the verdict."""
    return [(hit["effect"], hit["id"]) for hit in record["verdict"].get("policies", [])]


class Repository:
    """A policy repository in a temporary folder: {"20_filtering/…/x": {…}}."""

    def __init__(self, policies):
        self._folder = tempfile.TemporaryDirectory(prefix="semper-golden-")
        self.path = pathlib.Path(self._folder.name)
        for identifier, policy in policies.items():
            file = self.path / f"{identifier}.json"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(policy))

    def __enter__(self):
        return self.path

    def __exit__(self, *_):
        self._folder.cleanup()
