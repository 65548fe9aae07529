#!/usr/bin/env python3
"""Measures what a finding costs in Python; script/bench runs it beside C++.

    runner.py POLICIES_DIR ACCOUNTS_FILE EVENTS_NDJSON

Loads all, prints `ready`, and reads lines: `single N` evaluates all events N times, a call each;
`batch N` the same with 64 events a call. Takes the bytes of every record and prints
{"findings": n, "bytes": b, "cpu_ns": t}. `quit` ends it.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import semper

BATCH = 64


def single(evaluator: semper.Evaluator, events: list[bytes]) -> tuple[int, int]:
    findings = size = 0
    for event in events:
        for record in evaluator.evaluate(event):
            findings += 1
            size += len(record.json())
    return findings, size


def batch(evaluator: semper.Evaluator, events: list[bytes]) -> tuple[int, int]:
    findings = size = 0
    for at in range(0, len(events), BATCH):
        result = evaluator.evaluate_batch(events[at : at + BATCH])
        findings += len(result)
        size += len(result.ndjson()) - len(result)  # without the newlines
    return findings, size


def main() -> None:
    directory, accounts, file = sys.argv[1:]
    evaluator = semper.compile(directory, accounts=accounts).evaluator()
    events = Path(file).read_bytes().splitlines()
    print("ready", flush=True)
    for line in sys.stdin:
        if line.strip() == "quit":
            break
        mode, passes = line.split()
        work = {"single": single, "batch": batch}[mode]
        findings = size = 0
        begin = time.process_time_ns()
        for _ in range(int(passes)):
            more = work(evaluator, events)
            findings += more[0]
            size += more[1]
        spent = time.process_time_ns() - begin
        print(json.dumps({"findings": findings, "bytes": size, "cpu_ns": spent}), flush=True)


if __name__ == "__main__":
    main()
