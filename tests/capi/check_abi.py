#!/usr/bin/env python3
"""The ABI gate: what the header declares now, against the committed baseline. A library of empty
functions is made from the header, which has the types that the optimised library has no debug
information of; check_exports.py tells that the real one exports the same functions.

    check_abi.py INCLUDE_DIR BASELINE CC WORK_DIR [--update]

Added functions are fine; anything changed or removed is not. --update writes the baseline anew: only
with a new minor version and after a look at the difference."""

import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import header


def main():
    include, baseline, compiler, work = sys.argv[1:5]
    if not shutil.which("abidiff"):
        print("abidiff is missing (package abigail-tools): skipped")
        return 77
    work = pathlib.Path(work)
    work.mkdir(parents=True, exist_ok=True)
    functions, structs = header.read(include)
    lines = ["#include <semper/debug.h>"]
    for function in functions:
        parameters = ", ".join(f"{p.type} {p.name}" for p in function.parameters) or "void"
        result = function.result
        body = "" if result == "void" else f"{result} zero = {{0}}; return zero;" \
            if result == "semper_string_view_t" else "return 0;"
        lines.append(f"{result} {function.name}({parameters}) {{ {body} }}")
    # All structs are in the ABI, also those that only callbacks and pointers show.
    lines += [f"SEMPER_API {name}_t abi_{name}; {name}_t abi_{name};" for name in structs]
    (work / "stub.c").write_text("\n".join(lines))
    library = work / "libsemper.so.1"
    subprocess.run([compiler, "-std=c99", "-g", "-fPIC", "-shared", "-w", f"-I{include}",
                    "-Wl,-soname,libsemper.so.1", "-o", library, work / "stub.c"], check=True)
    if "--update" in sys.argv:
        subprocess.run(["abidw", "--no-corpus-path", "--no-comp-dir-path", "--no-show-locs",
                        "--out-file", baseline, library], check=True)
        return 0
    run = subprocess.run(["abidiff", "--no-added-syms", baseline, library], text=True,
                         capture_output=True)
    print(run.stdout + run.stderr)
    if run.returncode != 0:
        print("The ABI is not that of tests/capi/abi_1.xml. Structs grow at their end (struct_size),\n"
              "which is shown as a change, too: after a look, update the baseline (--update).")
        return 1
    print("abi: ok")
    return 0


if __name__ == "__main__":
    sys.exit(main())
