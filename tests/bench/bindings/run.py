#!/usr/bin/env python3
"""What a finding costs in each language, beside C++: builds the runners, runs them by turns on one core.

    run.py --build DIR --data DIR --out FILE [--quick] [--only LANGUAGE…]

A runner is a program `RUNNER POLICIES_DIR ACCOUNTS_FILE EVENTS_NDJSON`. It loads all, prints `ready`, and
reads lines: `single N` evaluates all events N times, a call each; `batch N` the same with 64 events a
call; it takes the bytes of every record and prints {"findings": n, "bytes": b, "cpu_ns": t}; `quit` ends it.

Times are CPU time of the process, so that a busy machine does no more harm than it must. A ratio is of two
runs that lie next to each other; the table has the median over the rounds, with its quartiles.
Findings and bytes must be those of C++. A language that cannot be built is named, with the reason."""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import run as bench  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[3]
MODES = ["single", "batch"]
# How many times the time of C++ a finding may take.
MUST = {
    "C": {"single": 1.05, "batch": 1.05},
    "Rust": {"single": 1.1, "batch": 1.1},
    "Go": {"single": 1.4, "batch": 1.1},
    "Python": {"single": 3.0, "batch": 1.3},
}


class NotBuilt(Exception):
    pass


def command(*words, cwd=ROOT, env=None):
    done = subprocess.run([str(word) for word in words], cwd=cwd, env=env, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        last = "\n".join(done.stdout.strip().splitlines()[-15:])
        raise NotBuilt(f"{' '.join(str(word) for word in words)} failed:\n{last}")


def need(program):
    if not shutil.which(program):
        raise NotBuilt(f"there is no {program} in PATH")


def folder(path):
    if not (ROOT / path).exists():
        raise NotBuilt(f"there is no {path}")
    return ROOT / path


class Prefix:
    """The library as its users have it: installed."""

    def __init__(self, build, work):
        self.path = work / "prefix"
        command("cmake", "--install", build, "--prefix", self.path)
        library = next(self.path.rglob("libsemper.so.1"), None)
        if library is None:
            raise NotBuilt("libsemper.so.1 was not installed; build with SEMPER_SHARED=ON")
        self.env = os.environ | {
            "PKG_CONFIG_PATH": str(next(self.path.rglob("semper.pc")).parent),
            "LD_LIBRARY_PATH": str(library.parent),
        }


def build_cpp(build, work, prefix):
    return [build / "bin" / "semper_bench_runner"]


def build_c(build, work, prefix):
    return [build / "bin" / "semper_bench_c_runner"]


def build_python(build, work, prefix):
    binding = folder("bindings/python")
    runner = folder("bindings/python/bench/runner.py")
    need("python3")
    python = work / "python-venv" / "bin" / "python"
    if not python.exists():
        interpreter = pathlib.Path("/usr/bin/python3")
        command(interpreter if interpreter.exists() else "python3", "-m", "venv", work / "python-venv")
        command(python, "-m", "pip", "install", "-q", "-r", binding / "requirements-dev.txt")
    wheels = work / "python-wheel"
    shutil.rmtree(wheels, ignore_errors=True)
    command(python, "-m", "pip", "wheel", "-q", "--no-build-isolation", "--no-deps", "-w", wheels, binding,
            env=prefix.env | {"SEMPER_PREFIX": str(prefix.path)})
    command(python, "-m", "pip", "install", "-q", "--force-reinstall", "--no-deps", next(wheels.glob("semper-*.whl")))
    return [python, runner]


def build_go(build, work, prefix):
    binding = folder("bindings/go")
    folder("bindings/go/bench")
    need("go")
    program = work / "semper_bench_go_runner"
    command("go", "build", "-o", program, "./bench", cwd=binding, env=prefix.env | {"CGO_ENABLED": "1"})
    return [program]


def build_rust(build, work, prefix):
    binding = folder("bindings/rust")
    folder("bindings/rust/bench")
    need("cargo")
    command("cargo", "build", "--release", "--locked", "-p", "semper-bench", cwd=binding,
            env=prefix.env | {"CARGO_TARGET_DIR": str(work / "rust")})
    return [work / "rust" / "release" / "semper-bench"]


BUILDERS = {"C++": build_cpp, "C": build_c, "Rust": build_rust, "Go": build_go, "Python": build_python}


class Runner:
    def __init__(self, words, arguments, core, env):
        self.process = subprocess.Popen(bench.pinned(core) + [str(word) for word in words] + arguments, text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env)
        line = self.process.stdout.readline().strip()
        if line != "ready":
            self.process.kill()
            raise NotBuilt(f"its runner does not start: it said {line!r}")

    def run(self, mode, passes):
        self.process.stdin.write(f"{mode} {passes}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{self.process.args} ended during {mode}, status {self.process.wait()}")
        return json.loads(line)

    def quit(self):
        self.process.stdin.write("quit\n")
        self.process.stdin.close()
        self.process.wait()


def start(options, arguments):
    work = options.build.parent / "bindings"
    work.mkdir(parents=True, exist_ok=True)
    prefix = Prefix(options.build, work)
    runners, missing = {}, {}
    for language, build in BUILDERS.items():
        if options.only and language != "C++" and language not in options.only:
            continue
        print(f"… building {language}", file=sys.stderr)
        try:
            runners[language] = Runner(build(options.build, work, prefix), arguments, options.core, prefix.env)
        except (NotBuilt, OSError) as error:
            if language == "C++":
                sys.exit(f"C++: {error}")
            missing[language] = str(error)
    return runners, missing


def measure(options, runners):
    samples = {language: {mode: [] for mode in MODES} for language in runners}
    # Many short rounds: what disturbs a shared machine lasts longer than one of them, and so hits
    # both sides of a ratio or is left out by the median.
    rounds = 9 if options.quick else 81
    seconds = 0.08
    wrong = []
    for mode in MODES:
        first = {language: runner.run(mode, 1) for language, runner in runners.items()}
        for language, found in first.items():
            for what in ("findings", "bytes"):
                if found[what] != first["C++"][what]:
                    wrong.append(f"{language}, {mode}: {found[what]} {what}, C++ has {first['C++'][what]}")
        passes = max(1, round(seconds * 1e9 / runners["C++"].run(mode, 1)["cpu_ns"]))
        for _ in range(rounds):
            for language, runner in runners.items():
                found = runner.run(mode, passes)
                samples[language][mode].append(found["cpu_ns"] / found["findings"])
    return samples, wrong


def judge(samples):
    table, judged = [["language", "calls", "ns a finding", "× C++", "quartiles", "must", ""]], []
    for language, modes in samples.items():
        for mode, times in modes.items():
            ratios = bench.spread([a / b for a, b in zip(times, samples["C++"][mode])])
            must = MUST.get(language, {}).get(mode)
            verdict = "" if must is None else "reached" if ratios["median"] <= must else "MISSED"
            table.append([language, mode, bench.number(bench.spread(times)["median"]), f"{ratios['median']:.3f}",
                          bench.spread_text(ratios, "{:.3f}".format), "" if must is None else f"≤ {must}", verdict])
            judged.append({"language": language, "calls": mode, "ns": bench.spread(times)["median"], "ratio": ratios,
                           "must": must, "verdict": verdict})
    bench.print_table(table)
    return judged


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True, help="build directory of semper_bench")
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True, help="JSON with everything measured")
    parser.add_argument("--core", default="0", help="the core to run on")
    parser.add_argument("--quick", action="store_true", help="few and short rounds")
    parser.add_argument("--only", action="append", choices=[name for name in BUILDERS if name != "C++"],
                        help="this language only")
    options = parser.parse_args()
    options.build = options.build.resolve()
    options.data = options.data.resolve()

    about = {"machine": bench.machine(), "data": json.loads((options.data / "about.json").read_text())}
    arguments = [str(options.data / name) for name in ("repository-1000", "accounts.jsonl", "events-cloudtrail-2k.jsonl")]
    runners, missing = start(options, arguments)
    samples, wrong = measure(options, runners)
    for runner in runners.values():
        runner.quit()
    judged = judge(samples)
    for language, reason in missing.items():
        print(f"{language}: not measured: {reason}")
    for line in wrong:
        print(f"NOT THE SAME: {line}")
    about |= {"rows": judged, "samples": samples, "not measured": missing, "not the same": wrong}
    about["machine"]["load after"] = os.getloadavg()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(about, indent=1) + "\n")
    print(f"\nwritten: {options.out}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
