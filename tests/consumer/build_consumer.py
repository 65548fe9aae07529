#!/usr/bin/env python3
"""Builds a program against Semper as its users do, runs it and compares what it prints.

    build_consumer.py WAY --source DIR --prefix DIR --work DIR [--launcher ccache] [--cxx g++]

WAY, in C++: find_package, pkg_config (both against the installed prefix), add_subdirectory (of the unpacked
release archive), or readme: the README's C++ example by find_package, run over the README's own policy and
finding. In C: c_find_package, c_pkg_config, c_pkg_config_static."""

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


def build_c(args):
    """examples/c/minimal.c against the installed prefix."""
    source = args.source / "examples/c/minimal.c"
    args.work.mkdir(parents=True, exist_ok=True)
    program = args.work / "consumer"
    if args.way == "c_find_package":
        run("cmake", "-S", args.source / "tests/consumer/c", "-B", args.work, "-G", "Ninja",
            f"-DCMAKE_C_COMPILER={args.cc}", f"-DCMAKE_PREFIX_PATH={args.prefix}",
            f"-DCONSUMER_SOURCE={source}")
        run("cmake", "--build", args.work)
    else:
        module = "semper-static" if args.way == "c_pkg_config_static" else "semper"
        folders = [str(path.parent) for path in args.prefix.rglob(module + ".pc")]
        flags = run("pkg-config", "--cflags", "--libs", module, stdout=subprocess.PIPE,
                    env={**os.environ, "PKG_CONFIG_PATH": ":".join(folders)}).stdout.split()
        run(args.cc, "-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", source, "-o", program, *flags)
    needed = run("readelf", "-d", program, stdout=subprocess.PIPE).stdout
    if ("libsemper.so.1" in needed) == (args.way == "c_pkg_config_static"):
        sys.exit(f"linked the wrong way:\n{needed}")
    return program


def unpack_archive(args):
    archive = run(args.source / "script/dist", args.work / "dist", stdout=subprocess.PIPE).stdout.strip()
    run("tar", "--touch", "-xzf", archive, "-C", args.work / "dist", "--strip-components=1")
    return args.work / "dist"


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
    parser.add_argument("way", choices=["find_package", "pkg_config", "add_subdirectory", "readme",
                                        "c_find_package", "c_pkg_config", "c_pkg_config_static"])
    for name in ("source", "prefix", "work"):
        parser.add_argument("--" + name, type=pathlib.Path, required=True)
    parser.add_argument("--cxx", default="c++")
    parser.add_argument("--cc", default="cc")
    parser.add_argument("--launcher")
    args = parser.parse_args()

    if args.way == "readme":
        check_readme(args)
        return
    if args.way.startswith("c_"):
        program = build_c(args)
        libraries = {str(path.parent) for path in args.prefix.rglob("libsemper.so.1")}
        out = run(program, stdout=subprocess.PIPE,
                  env={**os.environ, "LD_LIBRARY_PATH": ":".join(libraries)}).stdout
        expected = (args.source / "examples/c/minimal.expected").read_text()
        if out != expected:
            sys.exit(f"expected {expected!r}, got {out!r}")
        return
    if args.way == "find_package":
        program = build_with_cmake(args, f"-DCMAKE_PREFIX_PATH={args.prefix}")
    elif args.way == "add_subdirectory":
        program = build_with_cmake(args, f"-DSEMPER_SUBDIRECTORY={unpack_archive(args)}",
                                   # The flags of the build around this test, for the compiler cache.
                                   "-DSEMPER_WERROR=ON")
    else:
        program = build_with_pkg_config(args)
    out = run(program, stdout=subprocess.PIPE).stdout
    if out != EXPECTED:
        sys.exit(f"expected {EXPECTED!r}, got {out!r}")


if __name__ == "__main__":
    main()
