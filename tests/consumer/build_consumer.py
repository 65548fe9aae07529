#!/usr/bin/env python3
"""Builds a program against Semper as its users do, runs it and compares what it prints.

    build_consumer.py WAY --source DIR --prefix DIR --work DIR [--launcher ccache] [--cxx g++]

WAY: find_package, pkg_config (both against the installed prefix), add_subdirectory, or readme: the
README's C++ example by find_package, run over the README's own policy and finding."""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys

EXPECTED = "dropped 20_filtering/cloudtrail_api_calls/ci\n"


def run(*command, **options):
    print("+", *command, flush=True)
    return subprocess.run([str(word) for word in command], check=True, text=True, **options)


def build_with_cmake(args, *definitions):
    launcher = [f"-DCMAKE_CXX_COMPILER_LAUNCHER={args.launcher}"] if args.launcher else []
    run("cmake", "-S", args.source / "tests/consumer", "-B", args.work, "-G", "Ninja",
        f"-DCMAKE_CXX_COMPILER={args.cxx}", "-DCMAKE_BUILD_TYPE=Release", *launcher, *definitions)
    run("cmake", "--build", args.work)
    return args.work / "consumer"


def build_with_pkg_config(args):
    folders = [str(path.parent) for path in args.prefix.rglob("semper-static.pc")]
    flags = run("pkg-config", "--cflags", "--libs", "semper-static", stdout=subprocess.PIPE,
                env={**os.environ, "PKG_CONFIG_PATH": ":".join(folders)}).stdout.split()
    args.work.mkdir(parents=True, exist_ok=True)
    program = args.work / "consumer"
    run(args.cxx, "-std=c++17", "-Wall", "-Wextra", "-Werror",
        args.source / "tests/consumer/consumer.cc", "-o", program, *flags)
    return program


def readme_blocks(text):
    """The fenced blocks of a page as (language, text)."""
    return re.findall(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def is_part_of(part, whole):
    """Whether every value of `part` is in `whole` at the same place."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(
            key in whole and is_part_of(value, whole[key]) for key, value in part.items())
    if isinstance(part, list):
        return isinstance(whole, list) and len(part) == len(whole) and all(
            is_part_of(a, b) for a, b in zip(part, whole))
    return part == whole


def check_readme(args):
    blocks = readme_blocks((args.source / "README.md").read_text())
    finding, policy, verdict = [text for language, text in blocks if language == "json"][:3]
    programs = [text for language, text in blocks if language == "cpp"]
    if len(programs) != 1:
        sys.exit(f"README.md: one C++ example is expected, not {len(programs)}")
    args.work.mkdir(parents=True, exist_ok=True)
    source = args.work / "readme.cc"
    if not source.exists() or source.read_text() != programs[0]:
        source.write_text(programs[0])
    program = build_with_cmake(args, f"-DCMAKE_PREFIX_PATH={args.prefix}",
                               f"-DCONSUMER_SOURCE={source}")

    path = args.work / "policies/20_filtering/cloudtrail_api_calls/pipeline.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(policy)
    # One event a line.
    event = json.dumps(json.loads(finding)) + "\n"
    out = run(program, input=event, stdout=subprocess.PIPE, cwd=args.work).stdout
    print(out)
    record = json.loads(out)
    expected = json.loads(verdict)
    if not is_part_of(expected, record):
        sys.exit(f"README.md promises {json.dumps(expected)}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("way", choices=["find_package", "pkg_config", "add_subdirectory", "readme"])
    for name in ("source", "prefix", "work"):
        parser.add_argument("--" + name, type=pathlib.Path, required=True)
    parser.add_argument("--cxx", default="c++")
    parser.add_argument("--launcher")
    args = parser.parse_args()

    if args.way == "readme":
        check_readme(args)
        return
    if args.way == "find_package":
        program = build_with_cmake(args, f"-DCMAKE_PREFIX_PATH={args.prefix}")
    elif args.way == "add_subdirectory":
        program = build_with_cmake(args, f"-DSEMPER_SUBDIRECTORY={args.source}",
                                   # The flags of the build around this test, for the compiler cache.
                                   "-DSEMPER_WERROR=ON")
    else:
        program = build_with_pkg_config(args)
    out = run(program, stdout=subprocess.PIPE).stdout
    if out != EXPECTED:
        sys.exit(f"expected {EXPECTED!r}, got {out!r}")


if __name__ == "__main__":
    main()
