#!/usr/bin/env python3
"""Prints the records that script/demo made, for people."""

import json
import pathlib
import sys


def records(path):
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines() if line]


def name(record):
    normalized = record.get("normalized", {})
    raw = record.get("finding", {}).get("raw")
    title = (normalized.get("title") or normalized.get("findingName")
             or (isinstance(raw, dict) and raw.get("detail-type")) or "(no name)")
    where = " / ".join(str(normalized[key]) for key in ("accountId", "region") if normalized.get(key))
    return f"{title}  [{where or 'no account'}]"


def reasons(record, effects):
    for policy in record.get("verdict", {}).get("policies", []):
        if policy.get("effect") in effects:
            title = f"  ({policy['title']})" if policy.get("title") else ""
            yield f"{policy['effect']}: {policy['id']}{title}"


def show(title, found, effects):
    print(f"\n{title}: {len(found)}")
    for record in found:
        print(f"  {name(record)}")
        for reason in reasons(record, effects):
            print(f"      {reason}")


def main():
    folder = pathlib.Path(sys.argv[1])
    relevant = records(folder / "relevant.ndjson")
    show("Dropped, because a policy accepts it", records(folder / "dropped.ndjson"), {"drop"})
    show("No finding: nothing that a policy asks to detect", records(folder / "no_findings.ndjson"), {})
    show("Relevant", relevant, {"detect", "extend", "would_drop", "expired", "undetermined"})

    invalid = records(folder / "invalid.ndjson")
    print(f"\nInvalid, passed on as it came: {len(invalid)}")
    for record in invalid:
        print(f"  {record['finding'].get('raw', '(not UTF-8)')[:90]}")
        for note in record["verdict"].get("notes", []):
            print(f"      {note['code']}: {note['message']}")

    enriched = next((record for record in relevant
                     if record.get("extensions") and record.get("accountContext")), None)
    if enriched:
        print("\nOne of the relevant ones, enriched (its raw event is left out here):")
        enriched.get("finding", {}).pop("raw", None)
        print(json.dumps(enriched, indent=2, ensure_ascii=False))
    print(f"\nThe records are in {folder}/.")


if __name__ == "__main__":
    main()
