#!/usr/bin/env python3
"""Compiles each public header alone, as every language and standard that it promises.

    check_headers.py INCLUDE_DIR COMPILER…"""

import pathlib
import shutil
import subprocess
import sys

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror"]


def main():
    include = pathlib.Path(sys.argv[1])
    compilers = [name for name in sys.argv[2:] if shutil.which(name)]
    headers = sorted(path for path in include.rglob("*") if path.suffix in {".h", ".hpp"})
    if not headers or not compilers:
        sys.exit("nothing to check")
    failed = 0
    for header in headers:
        name = header.relative_to(include)
        modes = ["c++17", "c++20"] + (["c99", "c11"] if header.suffix == ".h" else [])
        for compiler in compilers:
            for mode in modes:
                language = "c++" if mode.startswith("c++") else "c"
                # Twice: the include guard is part of the promise.
                text = f"#include <{name}>\n#include <{name}>\n"
                command = [compiler, "-x", language, f"-std={mode}", "-fsyntax-only", *WARNINGS,
                           f"-I{include}", "-"]
                run = subprocess.run(command, input=text, text=True, capture_output=True)
                if run.returncode != 0:
                    failed += 1
                    print(f"{name} does not compile alone as {mode} with {compiler}:\n{run.stderr}")
    print(f"{len(headers)} headers, {failed} failures")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
