#!/usr/bin/env python3
"""Runs the tests under valgrind and complains about memory of ours that is lost or misused.

Python itself loses some memory when it ends, so what counts is whose it is: that of the library or
of the extension module. That the check finds a leak is tried first, with one that is made for it.

    check_leaks.py        exit 1 where something leaks; without valgrind it says so and passes
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml
from pathlib import Path

TESTS = Path(__file__).resolve().parent
OURS = ("libsemper.so", "/_semper.")
# Between what asks for memory and what counts.
ALLOCATORS = ("vgpreload", "libstdc++", "libc.so", "libpython", "/bin/python")
# Memory that is lost for certain counts, and each kind of misuse; these do not.
IGNORED = {"Leak_PossiblyLost", "Leak_StillReachable"}

# What makes programs of their own, or is about time, is left to the tests without valgrind.
SUITE = [
    "-m", "pytest", "-q", "-p", "no:cacheprovider", "-x",
    "test_policies.py", "test_providers.py", "test_life.py",
    "-k", "not end and not fork and not child and not many_threads and not lock_is_given_up",
]  # fmt: skip

PLANTED = """
import ctypes, semper
from pathlib import Path
library = ctypes.CDLL(str(Path(semper.__file__).parent / "libsemper.so.1"))
handle = ctypes.c_void_p()
assert library.semper_result_create(ctypes.byref(handle), None) == 0
handle.value = None
"""


def is_ours(error: xml.Element) -> bool:
    """Whether the first frame that is no allocator's or the interpreter's is ours."""
    stack = error.find("stack")
    for frame in stack.iter("frame") if stack is not None else ():
        where = frame.findtext("obj") or ""
        if any(part in where for part in OURS):
            return True
        if not any(part in where for part in ALLOCATORS):
            return False
    return False


def describe(error: xml.Element) -> str:
    what = error.findtext("xwhat/text") or error.findtext("what") or error.findtext("kind") or ""
    lines = [what]
    for frame in list(error.iter("frame"))[:12]:
        name = frame.findtext("fn") or frame.findtext("ip") or "?"
        lines.append(f"    {name} ({os.path.basename(frame.findtext('obj') or '?')})")
    return "\n".join(lines)


def problems(arguments: list[str]) -> tuple[int, list[str]]:
    """The program's exit status, and what valgrind says about memory of ours."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        status = subprocess.run(
            [
                "valgrind",
                "-q",
                # Else a thread that waits for another may keep it from running, for minutes.
                "--fair-sched=try",
                # RE2 reads memory that it never wrote, on purpose (re2/sparse_set.h).
                "--undef-value-errors=no",
                "--leak-check=full",
                "--num-callers=24",
                "--xml=yes",
                f"--xml-file={report}",
                sys.executable,
                *arguments,
            ],
            cwd=TESTS,
            env={
                **os.environ,
                "PYTHONMALLOC": "malloc",
                "PYTHONDONTWRITEBYTECODE": "1",
                "SEMPER_LEAK_CHECK": "1",
            },
            check=False,
        ).returncode
        errors = xml.parse(report).getroot().iter("error")
        return status, [
            describe(error)
            for error in errors
            if error.findtext("kind") not in IGNORED and is_ours(error)
        ]


def main() -> int:
    if not shutil.which("valgrind"):
        print("leaks: not checked, there is no valgrind")
        return 0
    status, found = problems(["-c", PLANTED])
    if status != 0 or len(found) != 1 or "semper_result_create" not in found[0]:
        print("leaks: the one that was planted was not found:", status, *found, sep="\n")
        return 1
    status, found = problems(SUITE)
    for problem in found:
        print(problem)
    if status != 0:
        print("leaks: the tests failed under valgrind")
    print(f"leaks: {len(found)} in the tests; a planted one was found")
    return 1 if found or status != 0 else 0


if __name__ == "__main__":
    sys.exit(main())
