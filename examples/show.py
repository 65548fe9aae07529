#!/usr/bin/env python3
"""Shows, for people, the records that `semper process` wrote:

    show.py FOLDER      with relevant.ndjson, dropped.ndjson, no_findings.ndjson, invalid.ndjson
"""

import json
import pathlib
import sys

WIDTH = 100
BOLD, DIM, RED, YELLOW, GREEN = "1", "2", "31", "33", "32"
SEVERITY = {"CRITICAL": RED, "HIGH": RED, "MEDIUM": YELLOW}
EFFECTS = {
    "drop": "dropped by",
    "detect": "detected by",
    "extend": "extended by",
    "would_drop": "would be dropped by",
    "expired": "no longer accepted by",
    "undetermined": "undetermined",
}


def paint(text, *codes):
    return f"\033[{';'.join(codes)}m{text}\033[0m" if sys.stdout.isatty() else text


def records(file):
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def heading(text):
    print(f"\n{paint(text, BOLD)}\n{paint('─' * len(text), DIM)}")


def one_line(text, width):
    return text if len(text) <= width else text[: width - 1] + "…"


def nameless(record):
    raw = record["finding"].get("raw")
    return isinstance(raw, dict) and raw.get("detail-type") or "(a record without a name)"


def show(record):
    """Two lines about the finding, then one or two for each policy that had to do with it."""
    normalized, verdict = record.get("normalized", {}), record["verdict"]
    label = normalized.get("severity", {}).get("label", "-")
    title = normalized.get("title") or normalized.get("findingName") or nameless(record)
    label = paint(f"{label:13}", SEVERITY.get(label, DIM))
    print(f"\n  {label} {paint(one_line(title, WIDTH - 16), BOLD)}")
    tags = record.get("accountContext", {}).get("accountTags", {})
    where = [normalized.get("sourceService"), normalized.get("accountId")]
    where += [normalized.get("accountName") or tags.get("account_name"), normalized.get("region")]
    print(paint(f"{'':16}{' · '.join(filter(None, where))}", DIM))
    for policy in verdict.get("policies", []):
        print(f"    {EFFECTS[policy['effect']]:>21}  {policy['id']}")
        if policy["effect"] in ("detect", "extend"):
            continue
        why = [policy.get("reason"), policy.get("ticket")]
        if policy["effect"] == "expired" and "expiresAt" in policy:
            why.append(f"over since {policy['expiresAt'][:10]}")
        if any(why):
            print(paint(f"{'':27}{' · '.join(filter(None, why))}", DIM))
    for note in verdict.get("notes", []):
        print(paint(f"    {'note':>21}  {one_line(note['message'], WIDTH - 27)}", DIM))


def pretty(value, indent=0, column=0):
    """JSON with short objects and lists on one line."""
    line = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, (dict, list)) or not value or column + len(line) <= WIDTH:
        return line
    inside, end = " " * (indent + 2), " " * indent
    if isinstance(value, list):
        rows = [inside + pretty(element, indent + 2, indent + 3) for element in value]
        return "[\n" + ",\n".join(rows) + f"\n{end}]"
    rows = []
    for key, element in value.items():
        name = f"{inside}{json.dumps(key, ensure_ascii=False)}: "
        rows.append(name + pretty(element, indent + 2, len(name) + 1))
    return "{\n" + ",\n".join(rows) + f"\n{end}}}"


def show_enriched(record):
    heading("One of them as the SIEM gets it")
    event = record["finding"]["raw"]
    size = len(json.dumps(event))
    record["finding"]["raw"] = f"… the AWS event, {size} bytes, every value as it came …"
    print("\n" + pretty(record))


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    names = ("relevant", "dropped", "no_findings", "invalid")
    relevant, dropped, no_findings, invalid = (records(folder / f"{name}.ndjson") for name in names)
    total = len(relevant) + len(dropped) + len(no_findings) + len(invalid)

    heading(f"{len(dropped)} of {total} were dropped, because a policy accepts them")
    for record in dropped:
        show(record)
    heading(f"{len(no_findings)} are no finding: no event rule asks for them")
    for record in no_findings:
        show(record)
    heading(f"{len(invalid)} could not be read, and came out as it came in")
    for record in invalid:
        reason = "; ".join(note["message"] for note in record["verdict"].get("notes", []))
        text = str(record["finding"].get("raw", "bytes that are no UTF-8"))
        print(f"\n  {one_line(text, WIDTH - 2)}")
        print(paint(f"{'':16}{reason}", DIM))
    heading(f"{len(relevant)} are relevant")
    for record in relevant:
        show(record)

    if relevant:
        # Of equals the last, which among the examples is the one of the slides.
        show_enriched(max(reversed(relevant), key=lambda record: len(record.get("extensions", {}))))
    counters = f"in {total} · relevant {len(relevant)} · dropped {len(dropped)}"
    counters += f" · no_finding {len(no_findings)} · invalid {len(invalid)}"
    print(f"\n{paint(counters, GREEN)}\nThe records are in {folder}/.")


if __name__ == "__main__":
    main()
