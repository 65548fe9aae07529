#!/usr/bin/env python3
"""Runs clang-tidy over src/, in parallel. A file whose content, headers of ours, compile command and
checks have passed before is not checked again (build/tidy)."""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CACHE = ROOT / "build" / "tidy"
INCLUDE = re.compile(rb'^\s*#\s*include\s+["<]([^">]+)[">]', re.MULTILINE)


def our_files(path, seen):
    """`path` and every file of this repository that it includes, also indirectly."""
    if path in seen:
        return
    seen.add(path)
    for name in INCLUDE.findall(path.read_bytes()):
        for base in (ROOT / "src", ROOT / "include", path.parent):
            candidate = base / name.decode()
            if candidate.is_file():
                our_files(candidate.resolve(), seen)
                break


def key(entry, config):
    files = set()
    our_files(pathlib.Path(entry["file"]).resolve(), files)
    digest = hashlib.sha256(config + entry["command"].encode())
    for path in sorted(files):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def clean_command(command):
    """Without the compiler cache, and without gcc's warnings, some of which clang does not know."""
    words = [word for word in shlex.split(command)
             if pathlib.Path(word).name != "ccache" and not word.startswith("-W")]
    return shlex.join(words)


def check(entry, config, database):
    passed = CACHE / key(entry, config)
    if passed.exists():
        return entry["file"], True, ""
    run = subprocess.run(
        ["clang-tidy", "--quiet", "-p", str(database), entry["file"]],
        capture_output=True, text=True, check=False)
    if run.returncode == 0:
        passed.touch()
        return entry["file"], True, ""
    return entry["file"], False, run.stdout + run.stderr


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    entries = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = pathlib.Path(entry["directory"], entry["file"]).resolve()
        if path.is_relative_to(ROOT / "src") and path.is_file():
            entries[str(path)] = {
                "directory": entry["directory"], "file": str(path),
                "command": clean_command(entry["command"])}
    if not entries:
        sys.exit("tidy: no file of src/ is in the compilation database")

    CACHE.mkdir(parents=True, exist_ok=True)
    database = CACHE / "database"
    database.mkdir(exist_ok=True)
    (database / "compile_commands.json").write_text(json.dumps(list(entries.values())))
    version = subprocess.run(["clang-tidy", "--version"], capture_output=True, check=True).stdout
    config = version + (ROOT / ".clang-tidy").read_bytes()

    failed = 0
    # The largest first, so that no core waits for a long one at the end.
    order = sorted(entries.values(), key=lambda e: -os.path.getsize(e["file"]))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, passed, output in pool.map(lambda e: check(e, config, database), order):
            if not passed:
                failed += 1
                print(f"tidy: {os.path.relpath(name, ROOT)}\n{output}", flush=True)
    print(f"tidy: {len(order) - failed} of {len(order)} files ok")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
