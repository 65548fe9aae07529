"""Events in a column, records in columns."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import EVENT, EXAMPLES, FILTER_ID, OTHER_EVENT, ROOT

IMPORTED = (EXAMPLES / "events" / "securityhub-imported.json").read_bytes()


def test_columns(policies):
    columns = policies.evaluate_table(
        [EVENT, OTHER_EVENT, b"no json"], ["accountId", "severity.label", "nothing.there"]
    )
    assert list(columns) == [
        "event",
        "decision",
        "policies",
        "json",
        "accountId",
        "severity.label",
        "nothing.there",
    ]
    assert columns["event"] == [0, 1, 2]
    assert columns["decision"] == ["dropped", "relevant", "invalid"]
    assert columns["policies"] == [[FILTER_ID], [], []]
    assert columns["accountId"] == ["111122223333", "111122223333", None]
    assert columns["nothing.there"] == [None] * 3
    decisions = [json.loads(text)["verdict"]["decision"] for text in columns["json"]]
    assert decisions == columns["decision"]


def test_without_json_and_in_batches(policies):
    columns = policies.evaluate_table([EVENT] * 10, json=False, batch_size=3)
    assert list(columns) == ["event", "decision", "policies"]
    assert columns["event"] == list(range(10))


@pytest.mark.parametrize("fields", [["event"], ["json"]])
def test_fields_that_are_columns_already(policies, fields):
    with pytest.raises(ValueError, match="no normalized field"):
        policies.evaluate_table([EVENT], fields)


def test_pandas(examples):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"event": [EVENT, IMPORTED, b"no json"], "source": ["a", "b", "c"]})
    records = pandas.DataFrame(examples.evaluate_table(frame["event"], ["severity.label"]))
    assert list(records["event"]) == [0, 1, 1, 2]
    assert list(records["decision"]) == ["relevant"] * 3 + ["invalid"]
    # The number of the event is the row, so that what stands beside it is found again.
    joined = records.join(frame["source"], on="event")
    assert list(joined["source"]) == ["a", "b", "b", "c"]
    assert list(records.loc[records["severity.label"] == "CRITICAL", "event"]) == [1, 1]


def test_polars(examples):
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"event": [EVENT.decode(), IMPORTED.decode(), "no json"]})
    records = polars.DataFrame(examples.evaluate_table(frame["event"], ["severity.label"]))
    assert records["event"].to_list() == [0, 1, 1, 2]
    assert records["policies"].dtype == polars.List(polars.String)
    counted = records.group_by("decision").len().sort("decision")
    assert counted.rows() == [("invalid", 1), ("relevant", 3)]


def test_the_runner_of_the_benchmark(tmp_path):
    """script/bench compares its findings and bytes with those of C++."""
    events = tmp_path / "events.ndjson"
    line = json.dumps(json.loads(IMPORTED)).encode()
    events.write_bytes(EVENT + b"\n" + line + b"\n")
    done = subprocess.run(
        [
            sys.executable,
            Path(ROOT / "bindings" / "python" / "bench" / "runner.py"),
            EXAMPLES / "policies",
            EXAMPLES / "accounts.json",
            events,
        ],
        input="single 2\nbatch 2\nquit\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    ready, *counted = done.stdout.splitlines()
    assert ready == "ready"
    single, batch = map(json.loads, counted)
    assert single["findings"] == batch["findings"] == 6
    assert single["bytes"] == batch["bytes"] > 6000
    assert single["cpu_ns"] > 0
