#!/usr/bin/env python3
"""Runs the benchmarks and judges them by ratios within one run, on one core.

    run.py --build DIR --data DIR --out FILE [--quick] [--only GROUP…]
    run.py --data DIR --out FILE --compare DIR_A DIR_B [--filter REGEX]

Times are CPU time, so that a busy machine does no more harm than it must; only `threads` and
`cold start` are wall time. There are many short rounds, in random order: what disturbs a shared
machine lasts longer than one of them, and so hits both sides of a ratio or is left out by the
median. Every ratio is the median over the rounds, with its quartiles."""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]

OUTCOMES = ["as they come", "relevant", "dropped", "no_finding", "asff"]
WILDCARDS = ["single characters", "shared pieces", "many stars", "repeated letter", "nested beginnings", "no literal at the ends"]
LISTS = ["any", "all", "eventbridge", "any of 1000 patterns", "any of 1000 wildcards", "all of 1000 patterns"]
GROUPS = {
    "process": "^(read|process)/",
    "wildcards": "^wildcards/",
    "lists": "^lists/",
    "matcher": "^matcher/",
    "compile": "^compile/",
    "threads": "^threads/",
    "providers": "^providers/",
    "c abi": "^c abi/",
    "cold start": None,
}
# Rounds and seconds of one, where they are not the default: one pass of these takes long.
SHORT = (51, 0.02)
LONG = {"compile": (9, 0.3), "threads": (21, 0.2), "cold start": (7, 0)}
# What tells most about a change of the code, in short time.
COMPARED = "^process/(as they come|relevant|dropped|no_finding|asff)/1000$|^matcher/(mixed|arrays)|^wildcards/|^lists/any/1000$|^compile/semper/1000$"


class Row:
    """One line of the table: a ratio of two benchmarks (or a number of one), and what it has to be."""

    def __init__(self, what, top, bottom=None, must=None, aim=None, scale=1.0, at_least=False, counter=None, unit="×"):
        self.what, self.top, self.bottom = what, top, bottom
        self.must, self.aim, self.at_least = must, aim, at_least
        self.scale, self.counter, self.unit = scale, counter, unit

    def values(self, results):
        top = results.get(self.top)
        if top is None:
            return []
        if self.counter:
            return [sample[self.counter] * self.scale for sample in top]
        bottom = results.get(self.bottom)
        if bottom is None:
            return []
        return [a["time"] / b["time"] * self.scale for a, b in zip(top, bottom)]

    def verdict(self, value):
        def reached(bound):
            return value >= bound if self.at_least else value <= bound

        if self.must is None and self.aim is None:
            return ""
        if self.must is not None and not reached(self.must):
            return "MISSED"
        if self.aim is not None:
            return "aim reached" if reached(self.aim) else ("reached" if self.must is not None else "not reached")
        return "reached"


def rows():
    for name in OUTCOMES:
        process = f"process/{name}/1000"
        yield Row(f"{name}: 1,000 policies / RapidJSON SAX", process, f"read/rapidjson_sax/{name}", must=1.0)
        yield Row(f"{name}: 1,000 policies / RapidJSON SAX that checks UTF-8", process, f"read/rapidjson_sax_utf8/{name}")
        yield Row(f"{name}: 1,000 policies / simdjson DOM", process, f"read/simdjson_dom/{name}", aim=2.5)
    for name in OUTCOMES:
        yield Row(f"{name}: 100,000 / 10 policies", f"process/{name}/100000", f"process/{name}/10", must=2.0, aim=1.3)
    for name in WILDCARDS:
        yield Row(f"wildcards: {name} / plain", f"wildcards/{name}", "wildcards/plain", must=4.0, aim=2.0)
    for name in LISTS:
        for size in (100, 1_000, 10_000):
            # Of 1,000 patterns, a longer list meets more: their work grows, not only the list.
            must = 1.3 if size == 10_000 and "1000" not in name else None
            yield Row(f"lists, {name}: time an element, {size:,} / {size // 10:,}", f"lists/{name}/{size}", f"lists/{name}/{size // 10}", must=must, scale=0.1)
    for size in (1_000, 10_000, 100_000):
        bounds = {"must": 8.0, "aim": 4.0} if size == 100_000 else {}
        yield Row(f"compile {size:,} policies / RapidJSON parse", f"compile/semper/{size}", f"compile/rapidjson/{size}", **bounds)
    for size in (1_000, 10_000, 100_000):
        bounds = {"must": 2_048, "aim": 1_024} if size == 100_000 else {}
        yield Row(f"memory a policy, {size:,}", f"compile/semper/{size}", counter="set_bytes_per_policy", unit=" B", **bounds)
    yield Row("memory a policy of each evaluator, 100,000", "compile/semper/100000", counter="evaluator_bytes_per_policy", unit=" B")
    yield Row("throughput with everything around the file provider / without", "providers/file", "providers/file with everything around it", must=0.95, at_least=True)
    yield Row("an answer of the cache / of SQLite, 1,000,000 rows", "providers/sqlite from the cache", "providers/sqlite from the database", must=0.02)
    for name in ("relevant", "dropped"):
        yield Row(f"C ABI, {name}: semper_evaluate / Evaluator::evaluate", f"c abi/semper_evaluate/{name}", f"c abi/C++/{name}", must=1.05)
        yield Row(f"C ABI, {name}: semper_evaluate_batch / Evaluator::evaluate", f"c abi/semper_evaluate_batch/{name}", f"c abi/C++/{name}")
    yield Row("2 threads / 1 (events a second)", "threads/process/real_time/threads:1", "threads/process/real_time/threads:2", must=1.7, aim=1.9, at_least=True)
    yield Row("cold start: `semper check` of the examples / reading and parsing them", "cold start/semper", "cold start/rapidjson", must=5.0, aim=2.0)


def pinned(core):
    return ["taskset", "-c", core]


def samples_of(report):
    """{benchmark: [{"time": ns an item, counters…}]}, a sample for each repetition, in order."""
    found = {}
    for entry in report["benchmarks"]:
        if entry.get("run_type") == "aggregate":
            continue
        sample = {key: value for key, value in entry.items() if isinstance(value, float)}
        sample["time"] = 1e9 / entry["items_per_second"]
        found.setdefault(entry["run_name"], []).append((entry.get("repetition_index", 0), sample))
    return {name: [sample for _, sample in sorted(samples, key=lambda pair: pair[0])] for name, samples in found.items()}


def run_group(build, data, pattern, rounds, min_time, core):
    command = pinned(core) + [
        str(build / "bin" / "semper_bench"), f"--data={data}", f"--benchmark_filter={pattern}",
        "--benchmark_format=json", f"--benchmark_min_time={min_time}",
        f"--benchmark_repetitions={rounds}", "--benchmark_enable_random_interleaving=true",
    ]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stderr}")
    return samples_of(json.loads(done.stdout))


def seconds_of(command, core):
    start = time.perf_counter()
    with open(os.devnull, "w") as null:
        process = os.posix_spawnp(
            command[0], command, os.environ,
            file_actions=[(os.POSIX_SPAWN_DUP2, null.fileno(), 1), (os.POSIX_SPAWN_DUP2, null.fileno(), 2)])
        _, status = os.waitpid(process, 0)
    if status:
        sys.exit(f"{' '.join(command)} ended with status {status}")
    return time.perf_counter() - start


def cold_start(build, rounds, core):
    """Whole processes, one after the other, again and again; a sample is the median of a few."""
    examples = str(ROOT / "examples" / "policies")
    commands = {
        "cold start/semper": [str(build / "bin" / "semper"), "check", examples],
        "cold start/rapidjson": [str(build / "bin" / "semper_bench_read_files"), examples],
    }
    os.sched_setaffinity(0, {int(core)})
    results = {name: [] for name in commands}
    for _ in range(rounds):
        times = {name: [] for name in commands}
        for _ in range(21):
            for name, command in commands.items():
                times[name].append(seconds_of(command, core))
        for name in commands:
            results[name].append({"time": statistics.median(times[name]) * 1e9})
    os.sched_setaffinity(0, range(os.cpu_count()))
    return results


def machine():
    model = "unknown processor"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    revision = subprocess.run(["git", "-C", str(ROOT), "describe", "--always", "--dirty"], stdout=subprocess.PIPE, text=True).stdout.strip()
    return {"processor": model, "cores": os.cpu_count(), "revision": revision, "load": os.getloadavg()}


def spread(values):
    low, median, high = statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else values * 3
    return {"median": median, "low": low, "high": high, "rounds": len(values)}


def spread_text(found, number):
    return f"{number(found['low'])} … {number(found['high'])}"


def number(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def print_table(lines):
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())


def report_rows(results):
    table, judged = [["what", "median", "quartiles", "must", "aim", ""]], []
    for row in rows():
        values = row.values(results)
        if not values:
            continue
        found = spread(values)
        sign = "≥" if row.at_least else "≤"
        bounds = [f"{sign} {number(bound)}" if bound is not None else "" for bound in (row.must, row.aim)]
        verdict = row.verdict(found["median"])
        table.append([row.what, number(found["median"]) + row.unit, spread_text(found, number), *bounds, verdict])
        judged.append({"what": row.what, "unit": row.unit, "must": row.must, "aim": row.aim, "verdict": verdict, **found})
    print_table(table)
    return judged


def print_times(results):
    table = [["benchmark", "ns an item", "quartiles"]]
    for name in sorted(results):
        found = spread([sample["time"] for sample in results[name]])
        table.append([name, number(found["median"]), spread_text(found, number)])
    print_table(table)


def measure(options):
    results, loads = {}, {}
    for group, pattern in GROUPS.items():
        if options.only and group not in options.only:
            continue
        rounds, min_time = LONG.get(group, SHORT)
        if options.quick:
            rounds = max(3, rounds // 5)
        loads[group] = os.getloadavg()[0]
        print(f"… {group} (load {loads[group]:.1f})", file=sys.stderr)
        if group == "cold start":
            results |= cold_start(options.build, rounds, options.core)
        else:
            core = f"0-{os.cpu_count() - 1}" if group == "threads" else options.core
            results |= run_group(options.build, options.data, pattern, rounds, min_time, core)
    print_times(results)
    print()
    return {"rows": report_rows(results), "loads": loads, "samples": results}


def compare(options):
    """A B A B …: one process each, so that what changes with time hits both alike."""
    samples = {"a": {}, "b": {}}
    for _ in range(3 if options.quick else 15):
        for side, build in zip("ab", options.compare):
            found = run_group(build, options.data, options.filter, 1, 0.05, options.core)
            for name, values in found.items():
                samples[side].setdefault(name, []).extend(values)
    table, judged = [["benchmark", "A ns an item", "B ns an item", "B / A", "quartiles"]], []
    for name in samples["a"]:
        if name not in samples["b"]:
            continue
        pairs = [(a["time"], b["time"]) for a, b in zip(samples["a"][name], samples["b"][name])]
        ratio = spread([b / a for a, b in pairs])
        medians = [statistics.median(times) for times in zip(*pairs)]
        table.append([name, *map(number, medians), f"{ratio['median']:.3f}", spread_text(ratio, "{:.3f}".format)])
        judged.append({"benchmark": name, "a": medians[0], "b": medians[1], "ratio": ratio})
    print_table(table)
    return {"compared": [str(build) for build in options.compare], "ratios": judged}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, help="build directory of semper_bench")
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True, help="JSON with everything measured")
    parser.add_argument("--core", default="0", help="the core to run on")
    parser.add_argument("--quick", action="store_true", help="few and short rounds")
    parser.add_argument("--only", action="append", choices=list(GROUPS), help="this group only")
    parser.add_argument("--compare", nargs=2, type=pathlib.Path, metavar=("DIR_A", "DIR_B"), help="two build directories")
    parser.add_argument("--filter", default=COMPARED, help="--compare: which benchmarks")
    options = parser.parse_args()
    if not options.compare and not options.build:
        parser.error("--build or --compare")

    about = {"machine": machine(), "data": json.loads((options.data / "about.json").read_text())}
    if about["machine"]["load"][0] > 1.5:
        print(f"warning: the load average is {about['machine']['load'][0]:.1f}; ratios will be rough", file=sys.stderr)
    about |= compare(options) if options.compare else measure(options)
    about["machine"]["load after"] = os.getloadavg()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(about, indent=1) + "\n")
    print(f"\nwritten: {options.out}")


if __name__ == "__main__":
    main()
