#!/usr/bin/env python3
"""Checks what a file may include: rooms only along the arrows, third parties only in their room,
nothing but the standard library in include/.

    check_arrows.py ROOT        exit 1 where something is against the rules, one line each

base <- json <- pattern <- policy <- {finding, context, plan} <- engine <- report <- {capi, cli}
"""

import pathlib
import re
import sys

BELOW = {
    "base": [],
    "json": ["base"],
    "pattern": ["json", "base"],
    "policy": ["pattern", "json", "base"],
    "finding": ["policy", "pattern", "json", "base"],
    "context": ["policy", "pattern", "json", "base"],
    "plan": ["policy", "pattern", "json", "base"],
    "engine": ["finding", "context", "plan", "policy", "pattern", "json", "base"],
}
BELOW["report"] = ["engine"] + BELOW["engine"]
BELOW["capi"] = ["report"] + BELOW["report"]
BELOW["cli"] = ["report"] + BELOW["report"]

# Rooms see the public headers that they implement or use; the rest of the API is above them.
PUBLIC = {
    "semper/status.hpp": set(BELOW),
    "semper/limits.hpp": {"base"},
    "semper/context_provider.hpp": {"context", "engine", "report", "capi", "cli"},
    "semper/providers.hpp": {"context", "engine", "report", "capi", "cli"},
    "semper/policy_set.hpp": {"context", "engine", "report", "capi", "cli"},
    "semper/evaluator.hpp": {"engine", "report", "capi", "cli"},
    "semper/plan.hpp": {"engine", "report", "capi", "cli"},
    "semper/semper.hpp": {"engine", "capi", "cli"},
    "semper/report.hpp": {"report", "capi", "cli"},
    "semper/semper.h": {"capi"},
    "semper/debug.h": {"capi"},
}

# A third party, told by how its headers begin: the rooms that may include it.
THIRD_PARTY = {
    "fmt/": set(BELOW),
    "xxhash": {"base"},
    "simdjson": {"json"},
    "rapidjson/": {"json"},
    "re2/": {"pattern"},
    "sqlite3": {"context"},
    "maxminddb": {"context"},
    "hiredis/": {"context"},
    "CLI/": {"cli"},
    "zlib.h": {"cli"},
}
# At most so many files of the room include it, and none of them is a header.
SINGLE_FILE = ["re2/"]

STANDARD = set("""
algorithm any array atomic barrier bit bitset charconv chrono codecvt compare complex concepts
condition_variable coroutine deque exception execution filesystem format forward_list fstream
functional future initializer_list iomanip ios iosfwd iostream istream iterator latch limits list
locale map memory memory_resource mutex new numbers numeric optional ostream queue random ranges
ratio regex scoped_allocator semaphore set shared_mutex source_location span sstream stack stdexcept
stop_token streambuf string string_view syncstream system_error thread tuple type_traits typeindex
typeinfo unordered_map unordered_set utility valarray variant vector version
cassert cctype cerrno cfenv cfloat cinttypes climits clocale cmath csetjmp csignal cstdarg cstddef
cstdint cstdio cstdlib cstring ctime cuchar cwchar cwctype
""".split())
STANDARD_C = {"stddef.h", "stdint.h", "stdbool.h", "limits.h", "string.h", "assert.h", "errno.h"}
POSIX = {"unistd.h", "fcntl.h", "signal.h", "dirent.h", "poll.h", "sys/types.h", "sys/stat.h",
         "sys/mman.h", "sys/sendfile.h", "sys/ioctl.h", "sys/resource.h", "sys/time.h", "sys/socket.h", "sys/un.h",
         "netdb.h"}
COMPILER = {"immintrin.h"}  # instructions of a processor, by the compiler's own header

SUFFIXES = {".h", ".hpp", ".hh", ".c", ".cc", ".cpp", ".inc"}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.MULTILINE)
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


def files(folder):
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES)


def includes(path):
    text = path.read_text(errors="replace")
    # Block comments go, their lines stay, so that numbers remain true.
    text = COMMENT.sub(lambda match: "\n" * match.group().count("\n"), text)
    for match in INCLUDE.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, match.group(2), match.group(1) == '"'


def third_party(header):
    return next((prefix for prefix in THIRD_PARTY if header.startswith(prefix)), None)


def check_public(root, complain):
    for path in files(root / "include"):
        for line, header, _ in includes(path):
            if header.startswith("semper/"):
                if not (root / "include" / header).is_file():
                    complain(path, line, f"include/ has no {header}")
                if path.suffix == ".h" and not header.endswith(".h"):
                    complain(path, line, "a C header includes C headers only")
            elif header not in STANDARD | STANDARD_C:
                complain(path, line, f"<{header}>: a public header includes the standard library only")


def check_rooms(root, complain):
    users = {prefix: set() for prefix in SINGLE_FILE}
    for path in files(root / "src"):
        parts = path.relative_to(root / "src").parts
        room = parts[0] if len(parts) > 1 else None
        if room not in BELOW:
            complain(path, 1, f"src/ has no room {parts[0]}: add it to BELOW in {__file__}")
            continue
        for line, header, quoted in includes(path):
            first = header.split("/")[0]
            prefix = third_party(header)
            if prefix:
                if room not in THIRD_PARTY[prefix]:
                    allowed = ", ".join(sorted(THIRD_PARTY[prefix]))
                    complain(path, line, f"{header} belongs to src/{allowed} only")
                if prefix in users:
                    users[prefix].add(path)
                    if path.suffix not in {".cc", ".cpp"}:
                        complain(path, line, f"{header}: in a .cc file only, not in a header")
            elif first == "semper":
                if not (root / "include" / header).is_file():
                    complain(path, line, f"include/ has no {header}")
                elif room not in PUBLIC.get(header, set(BELOW)):
                    complain(path, line, f"{header} is above src/{room}")
            elif first in BELOW:
                if first != room and first not in BELOW[room]:
                    complain(path, line, f"{header}: src/{room} may not include src/{first}")
                elif not (root / "src" / header).is_file():
                    complain(path, line, f"src/ has no {header}")
            elif quoted:
                complain(path, line, f'"{header}": write the path from src/, "{room}/…"')
            elif header not in STANDARD | STANDARD_C | POSIX | COMPILER:
                complain(path, line, f"<{header}>: unknown; a third party is added to {__file__} "
                                     "with the rooms that may include it")
    for prefix, paths in users.items():
        for path in sorted(paths)[1:]:
            complain(path, 1, f"{prefix} is included in one file only, "
                              f"which is {sorted(paths)[0].relative_to(root)}")


def check_outside(root, complain):
    """Bindings see the C ABI only; examples what is installed."""
    for folder, suffixes in (("bindings", (".h",)), ("examples", (".h", ".hpp"))):
        for path in files(root / folder):
            for line, header, _ in includes(path):
                if header.split("/")[0] in BELOW:
                    complain(path, line, f"{header}: {folder}/ sees public headers only")
                elif header.startswith("semper/") and not header.endswith(suffixes):
                    complain(path, line, f"{header}: {folder}/ sees semper.h only")


def check(root):
    problems = []

    def complain(path, line, text):
        problems.append(f"{path.relative_to(root)}:{line}: {text}")

    check_public(root, complain)
    check_rooms(root, complain)
    check_outside(root, complain)
    return problems


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    if not files(root / "src"):
        sys.exit(f"arrows: no sources below {root}/src")
    problems = check(root)
    for problem in problems:
        print(problem)
    print(f"arrows: {len(problems)} includes against the rules" if problems else "arrows: ok")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
