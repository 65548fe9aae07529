#!/usr/bin/env python3
"""What the library exports is what the export list says is what the headers declare, each with its
version node; and the library needs nothing but the C and C++ runtimes.

    check_exports.py INCLUDE_DIR EXPORT_LIST LIBRARY"""

import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import header

RUNTIME = re.compile(r"lib(stdc\+\+|gcc_s|m|c|pthread)\.so\.\d+|ld-linux.*")


def main():
    include, export_list, library = sys.argv[1:]
    declared = {function.name for function in header.read(include)[0]}
    text = header.COMMENT.sub("", pathlib.Path(export_list).read_text())
    listed, node = {}, None
    for line in text.splitlines():
        if match := re.match(r"(SEMPER_\d+\.\d+) \{", line):
            node = match.group(1)
        if match := re.match(r"\s+(semper_\w+);", line):
            listed[match.group(1)] = node
    exported = {}
    out = subprocess.run(["nm", "-D", "--defined-only", "--with-symbol-versions", library],
                         check=True, text=True, capture_output=True).stdout
    for line in out.splitlines():
        name, _, version = line.split()[-1].partition("@")
        if not name.startswith("SEMPER_"):  # the nodes themselves
            exported[name] = version.lstrip("@")
    problems = []
    for what, one, other in (("header and list", declared, set(listed)),
                             ("list and library", set(listed), set(exported))):
        if one != other:
            problems.append(f"{what} differ: {sorted(one ^ other)}")
    problems += [f"{name} has the version {exported[name]!r}, the list says {node}"
                 for name, node in listed.items() if exported.get(name, node) != node]
    needed = re.findall(r"\(NEEDED\).*\[(.*)\]", subprocess.run(
        ["readelf", "-d", library], check=True, text=True, capture_output=True).stdout)
    problems += [f"the library needs {name}" for name in needed if not RUNTIME.fullmatch(name)]
    print("\n".join(problems) or f"exports: ok ({len(exported)} functions)")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
