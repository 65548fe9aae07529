#!/usr/bin/env python3
"""Runs a program and compares its standard output with a file.

    run_example.py EXPECTED [--stdin FILE…] -- PROGRAM ARGUMENT…"""

import argparse
import json
import pathlib
import subprocess
import sys


def main():
    split = sys.argv.index("--")
    parser = argparse.ArgumentParser()
    parser.add_argument("expected", type=pathlib.Path)
    parser.add_argument("--stdin", type=pathlib.Path, nargs="*", default=[],
                        help="files, each a JSON document that becomes a line")
    args = parser.parse_args(sys.argv[1:split])
    lines = "".join(json.dumps(json.loads(path.read_text())) + "\n" for path in args.stdin)
    run = subprocess.run(sys.argv[split + 1:], input=lines, text=True, capture_output=True)
    if run.returncode != 0:
        sys.exit(f"exit status {run.returncode}: {run.stderr}")
    printed = run.stdout
    if args.stdin:
        # Records carry hashes of files: their decisions and the counts are what is promised.
        printed = "".join(json.loads(line)["verdict"]["decision"] + "\n" for line in printed.splitlines())
        printed += run.stderr
    expected = args.expected.read_text()
    if printed != expected:
        sys.exit(f"expected:\n{expected}got:\n{printed}")


if __name__ == "__main__":
    main()
