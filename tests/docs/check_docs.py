#!/usr/bin/env python3
"""Checks the pages against what they speak of: links lead to files, docs/README.md lists every page,
docs/limits.md every limit.

    check_docs.py ROOT"""

import pathlib
import re
import sys

LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
CODE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def pages(root):
    found = list(root.glob("*.md"))
    for folder in ("docs", "src", "tests", "examples"):
        found += (root / folder).rglob("*.md")
    return sorted(found)


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    problems = []
    for page in pages(root):
        for target in LINK.findall(CODE.sub("", page.read_text())):
            if "://" not in target and not (page.parent / target).exists():
                problems.append(f"{page.relative_to(root)}: link to {target}, which is not there")

    index = (root / "docs/README.md").read_text()
    for page in sorted((root / "docs").glob("*.md")):
        if page.name != "README.md" and f"({page.name})" not in index:
            problems.append(f"docs/README.md: does not list {page.name}")

    limits = re.findall(r"^\s+(?:static constexpr )?std::\w+ (\w+) =", (root / "include/semper/limits.hpp").read_text(), re.MULTILINE)
    documented = re.findall(r"^\| `(\w+)` \|", (root / "docs/limits.md").read_text(), re.MULTILINE)
    if not limits:
        problems.append("include/semper/limits.hpp: no limits found")
    for name in sorted(set(limits) ^ set(documented)):
        problems.append(f"docs/limits.md and include/semper/limits.hpp disagree about {name}")

    print("\n".join(problems) or "docs: ok")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
