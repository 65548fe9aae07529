#!/usr/bin/env python3
"""The same patterns and events through Semper and other matchers, on the same core, by turns.

    run.py --build DIR --data DIR --out FILE [--quick] [--only CLASS…]

A peer is a process: PATTERNS EVENTS as arguments; it compiles the patterns, loads the events, says
`ready RULES EVENTS` and then answers commands on its standard input:

    SECONDS    matches all events again and again for at least so long; `rate EVENTS_A_SECOND`, of
               the process's CPU time (a busy machine takes away from all, and Java's garbage
               collector is a part of Java's work)
    matches    a line for each event: `matches ID…`, ascending

All peers of a class run at the same time, but only one works: each waits for its turn. Before they
are measured, each is warmed up until its rate stops rising, so that Java's compiler is done.

Semper and the peers must find the same matches; else this says so and ends with status 1, except
where docs/pattern-language.md (section 10) tells of a difference."""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from run import machine, number, print_table, spread, spread_text  # noqa: E402

CLASSES = ["exact", "prefix", "suffix", "wildcard", "ignore-case", "numeric", "anything-but", "arrays", "mixed"]
SIZES = [5, 100, 1_000]
EVENTS = {"arrays": "events-arrays-20.jsonl"}
BOUNDS = {"event-ruler": (8, 20), "quamina": (3, 6), "rsigma": None}  # must and aim
WARM_UP_LIMIT = 20


class Peer:
    def __init__(self, name, command, core):
        self.name = name
        self.process = subprocess.Popen(
            ["taskset", "-c", core, "timeout", "3000"] + command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True)
        self.ready = self.read().startswith("ready ")

    def read(self):
        return self.process.stdout.readline()

    def ask(self, command):
        self.process.stdin.write(f"{command}\n")
        self.process.stdin.flush()

    def rate(self, seconds):
        self.ask(seconds)
        return float(self.read().split()[1])

    def matches(self, events):
        self.ask("matches")
        return [self.read().split()[1:] for _ in range(events)]

    def warm_up(self, seconds):
        """Until a turn is no better than the best before it, by 2 percent, twice."""
        best, still = self.rate(seconds), 0
        for _ in range(WARM_UP_LIMIT):
            rate = self.rate(seconds)
            still = 0 if rate > 1.02 * best else still + 1
            best = max(best, rate)
            if still == 2:
                break

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def build_event_ruler(work):
    if not (shutil.which("mvn") and shutil.which("java")):
        return None
    target = work / "event-ruler"
    done = subprocess.run(
        ["mvn", "-q", "-B", f"-Dpeer.target={target}", "package", "dependency:copy-dependencies"],
        cwd=HERE / "event-ruler", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        print(done.stdout, file=sys.stderr)
        return None
    classes = f"{target}/event-ruler-peer-1.jar:{target}/dependency/*"
    return {"event-ruler": ["java", "-XX:+UseSerialGC", "-Xms512m", "-Xmx512m", "-cp", classes, "Peer"]}


def build_rust(name, work):
    """The program, or None."""
    if not shutil.which("cargo"):
        return None
    done = subprocess.run(
        ["cargo", "build", "--release", "--quiet", "--locked"], cwd=HERE / name,
        env=os.environ | {"CARGO_TARGET_DIR": str(work / name)}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        print(done.stdout, file=sys.stderr)
        return None
    return str(work / name / "release" / f"{name}-peer")


def build_quamina(work):
    program = build_rust("quamina", work)
    return program and {"quamina": [program], "quamina, built for speed": [program]}


def build_rsigma(work):
    program = build_rust("rsigma", work)
    return program and {"rsigma": [program]}


def command_of(name, command, patterns, events):
    mode = {"quamina": ["comfort"], "quamina, built for speed": ["speed"]}.get(name, [])
    return command + [str(patterns), str(events)] + mode


def differences(expected, found):
    return [number for number, (a, b) in enumerate(zip(expected, found)) if a != b]


def measure_class(kind, size, peers, options):
    """{peer: [rate a round]}, and what they disagree about."""
    patterns = (options.data / "peers" / f"{kind}-{size}.jsonl").resolve()
    events = (options.data / EVENTS.get(kind, "events-cloudtrail-1.5k.jsonl")).resolve()
    count = sum(1 for _ in open(events, encoding="utf-8"))
    running, disagreements = [], []
    for name, command in peers.items():
        peer = Peer(name, command_of(name, command, patterns, events), options.core)
        if peer.ready:
            running.append(peer)
        else:
            disagreements.append(f"{kind}, {size} rules: {name} does not take them")
            peer.end()
    semper = running[0].matches(count)
    for peer in running[1:]:
        differing = differences(semper, peer.matches(count))
        if differing:
            disagreements.append(f"{kind}, {size} rules: {peer.name} finds other matches in {len(differing)} of {count} events, first in line {differing[0] + 1}")
    rates = {peer.name: [] for peer in running}
    for peer in running:
        peer.warm_up(0.3 if options.quick else 0.8)
    for _ in range(options.rounds):
        for peer in running:
            rates[peer.name].append(peer.rate(options.seconds))
    for peer in running:
        peer.end()
    matches = sum(map(len, semper)) / count
    return rates, matches, disagreements


def ratios(rates, name):
    """Semper's rate to a peer's, round by round; quamina: the better of its two modes."""
    names = [other for other in rates if other.split(",")[0] == name]
    if not names:
        return None
    best = max(names, key=lambda other: statistics.median(rates[other]))
    return spread([ours / theirs for ours, theirs in zip(rates["semper"], rates[best])])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--core", default="0")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", action="append", choices=CLASSES)
    options = parser.parse_args()
    # Java's clock of CPU time steps by 10 ms.
    options.rounds = 5 if options.quick else 11
    options.seconds = 0.4

    peers = {"semper": [str(options.build / "bin" / "semper_bench_peer")]}
    work = (options.out.parent / "peers").resolve()
    work.mkdir(parents=True, exist_ok=True)
    for name, build in (("event-ruler", build_event_ruler), ("quamina", build_quamina), ("rsigma", build_rsigma)):
        built = build(work)
        if built is None:
            print(f"{name} cannot be built here: not measured", file=sys.stderr)
        else:
            peers |= built

    about = {"machine": machine(), "classes": []}
    disagreements = []
    table = [["class", "rules", "matches an event", *(f"{name}, events/s" for name in peers), *(f"× {name} (quartiles)" for name in BOUNDS)]]
    for kind in options.only or CLASSES:
        for size in SIZES:
            rates, matches, differing = measure_class(kind, size, peers, options)
            disagreements += differing
            line = [kind, f"{size:,}", number(matches)]
            line += [f"{statistics.median(rates[name]):,.0f}" if name in rates else "-" for name in peers]
            result = {"class": kind, "rules": size, "matches": matches, "rates": rates}
            for name, bounds in BOUNDS.items():
                ratio = ratios(rates, name)
                if ratio is None:
                    line.append("not measured")
                    continue
                verdict = ""
                if bounds:
                    must, aim = bounds
                    verdict = "MISSED" if ratio["median"] < must else ("aim" if ratio["median"] >= aim else "reached")
                line.append(f"{number(ratio['median'])} ({spread_text(ratio, number)}) {verdict}".rstrip())
                result[name] = ratio | {"bounds": bounds, "verdict": verdict}
            table.append(line)
            about["classes"].append(result)
            print("  ".join(line), file=sys.stderr, flush=True)
    about["machine"]["load after"] = os.getloadavg()
    about["disagreements"] = disagreements
    print_table(table)
    print("\n".join(disagreements) or "all report the same matches")
    options.out.write_text(json.dumps(about, indent=1) + "\n")
    print(f"\nwritten: {options.out}")
    return 1 if any("other matches" in text for text in disagreements) else 0


if __name__ == "__main__":
    sys.exit(main())
