#!/usr/bin/env python3
"""Makes what script/bench measures with. The same seed gives the same files.

    generate.py DIRECTORY [--seed N] [--largest N] [--shared DIRECTORY]

    policies-N.jsonl            {"id", "text"} a line: a policy repository to load from memory
    repository-N/               the same as a policy repository (up to 10,000)
    patterns-N.jsonl            {"id", "pattern"} a line: its patterns, for `semper match`
    accounts.jsonl              the accounts that scopes speak of
    events-*.jsonl              what is matched
    matcher/CLASS.jsonl, wildcards/SET.jsonl, lists/SET.jsonl, peers/CLASS-N.jsonl
                                patterns for the matcher alone, and those for other matchers
    about.json                  what all this is"""

import argparse
import collections
import json
import pathlib
import random
import shutil

import events
import patterns
import policies

SIZES = [10, 1_000, 10_000, 100_000]
LARGEST_REPOSITORY = 10_000
PEER_SIZES = [5, 100, 1_000]
ARRAY_SIZES = [10, 100, 1_000, 10_000]
HERE = pathlib.Path(__file__).resolve().parent


def write_lines(path, values):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(events.dump(value) + "\n" for value in values)


def numbered(found):
    return ({"id": str(number), "pattern": pattern} for number, pattern in enumerate(found))


def write_events(directory, shared, rng):
    """Returns the 1.5 KB ones and what there is to say."""
    records, real_cloudtrail = events.cloudtrail_records(shared, rng)
    findings, real_asff = events.asff_findings(shared, rng)
    about = {"cloudtrail": "real" if real_cloudtrail else "generated", "asff": "real" if real_asff else "generated"}
    records = events.of_size(records, 1_000, 2_300, len(records), rng)
    wrapped = [events.wrap(record) for record in records]
    sets = {
        "cloudtrail-2k": events.of_size(wrapped, 1_750, 2_500, 300, rng),
        "cloudtrail-1.5k": events.of_size(wrapped, 1_300, 1_700, 300, rng),
        "cloudtrail-raw": events.of_size(records, 1_500, 2_300, 300, rng),
        "asff": events.of_size(findings, 1_000, 3_000, 300, rng),
        "arrays-20": [events.with_array(20, rng) for _ in range(100)],
    }
    for size in ARRAY_SIZES:
        sets[f"arrays-{size}-measured"] = [events.with_array(size, rng)]
    for name, chosen in sets.items():
        write_lines(directory / f"events-{name}.jsonl", chosen)
        size = sum(len(events.dump(event).encode()) for event in chosen)
        about[f"events-{name}"] = {"events": len(chosen), "mean_bytes": round(size / max(1, len(chosen)))}
    return sets["cloudtrail-1.5k"], about


def write_policies(directory, largest, seed):
    made = [(policy_id, policies.text(policy), pattern, kind) for policy_id, policy, pattern, kind in policies.make(largest, seed)]
    about = {"classes": collections.Counter(kind for *_, kind in made)}
    for size in (size for size in SIZES if size <= largest):
        chosen = made[:size]
        write_lines(directory / f"policies-{size}.jsonl", ({"id": policy_id, "text": text} for policy_id, text, *_ in chosen))
        write_lines(directory / f"patterns-{size}.jsonl", ({"id": policy_id, "pattern": pattern} for policy_id, _, pattern, _ in chosen))
        about[f"policies-{size}"] = {"mean_bytes": round(sum(len(text.encode()) for _, text, *_ in chosen) / size)}
        if size > LARGEST_REPOSITORY:
            continue
        for policy_id, text, *_ in chosen:
            path = directory / f"repository-{size}" / (policy_id + ".json")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return about


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--largest", type=int, default=SIZES[-1], help="the largest policy set")
    parser.add_argument("--shared", type=pathlib.Path, default=HERE.parents[2] / "shared" / "data")
    options = parser.parse_args()

    shared = options.shared if options.shared.is_dir() else None
    if shared is None:
        print("no real events (../shared/data is not there): generated ones")
    directory = options.directory
    if directory.exists() and not (directory / "about.json").exists():
        parser.error(f"{directory} is there and was not made by this program")
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    rng = random.Random(options.seed)
    about = {"seed": options.seed, "largest": options.largest}
    (directory / "about.json").write_text("{}")

    matched, about["events"] = write_events(directory, shared, rng)
    about["policies"] = write_policies(directory, options.largest, options.seed)
    write_lines(directory / "accounts.jsonl", policies.accounts())
    classes = patterns.peer_classes(matched, max(PEER_SIZES), rng)
    for kind, found in classes.items():
        for size in PEER_SIZES:
            write_lines(directory / "peers" / f"{kind}-{size}.jsonl", numbered(found[:size]))
    for kind, found in (classes | patterns.semper_classes(1_000, rng)).items():
        write_lines(directory / "matcher" / f"{kind}.jsonl", numbered(found))
    for kind, found in patterns.wildcard_sets(1_000, rng).items():
        write_lines(directory / "wildcards" / f"{kind}.jsonl", numbered(found))
    write_lines(directory / "lists" / "many.jsonl", numbered(patterns.list_patterns(1_000, rng)))
    write_lines(directory / "lists" / "wildcards.jsonl", numbered(patterns.wildcard_list_patterns(1_000)))
    write_lines(directory / "lists" / "fixed.jsonl", numbered(patterns.fixed_list_patterns()))
    (directory / "about.json").write_text(json.dumps(about, indent=2) + "\n")


if __name__ == "__main__":
    main()
