#!/usr/bin/env python3
"""The arrows check must find what it is for: each tree here breaks one rule."""

import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
import check_arrows  # noqa: E402

GOOD = {
    "include/semper/status.hpp": "#include <string>\n",
    "include/semper/semper.hpp": '#include "semper/status.hpp"\n',
    "src/base/text.h": "#include <string_view>\n#include <xxhash.h>\n",
    "src/json/event.cc": '#include "base/text.h"\n#include <simdjson.h>\n#include <rapidjson/reader.h>\n',
    "src/pattern/regex.cc": '#include "base/text.h"\n#include <re2/re2.h>\n#include <fmt/format.h>\n',
    "src/pattern/ast.h": "#include <vector>\n",
    "src/policy/policy.h": '#include "pattern/ast.h"\n',
    "src/finding/finding.h": '#include "policy/policy.h"\n',
    "src/context/cache.h": '#include "policy/policy.h"\n',
    "src/engine/engine.h": '#include "finding/finding.h"\n#include "context/cache.h"\n',
    "src/cli/main.cc": '#include "semper/semper.hpp"\n#include <CLI/CLI.hpp>\n#include <zlib.h>\n'
                       "#include <unistd.h>\n",
    "bindings/python/module.c": "#include <stdint.h>\n",
}

BAD = {
    "an arrow backwards": ("src/base/up.cc", '#include "json/event.h"\n'),
    "engine from policy": ("src/policy/up.cc", '#include "engine/engine.h"\n'),
    "sideways: finding and context": ("src/finding/side.cc", '#include "context/cache.h"\n'),
    "nobody includes the command": ("src/engine/up.cc", '#include "cli/main.h"\n'),
    "the whole API from a low room": ("src/json/bad.cc", '#include "semper/semper.hpp"\n'),
    "a third party in a public header": ("include/semper/bad.hpp", "#include <fmt/format.h>\n"),
    "a room in a public header": ("include/semper/bad.hpp", '#include "base/text.h"\n'),
    "POSIX in a public header": ("include/semper/bad.hpp", "#include <unistd.h>\n"),
    "RapidJSON outside json": ("src/policy/bad.cc", "#include <rapidjson/document.h>\n"),
    "simdjson outside json": ("src/finding/bad.cc", '#include "simdjson.h"\n'),
    "xxHash outside base": ("src/engine/bad.cc", "#include <xxhash.h>\n"),
    "RE2 outside pattern": ("src/json/bad.cc", "#include <re2/re2.h>\n"),
    "RE2 in a second file": ("src/pattern/scope.cc", "#include <re2/set.h>\n"),
    "RE2 in a header": ("src/pattern/ast.h", "#include <re2/re2.h>\n"),
    "CLI11 outside cli": ("src/engine/bad.cc", "#include <CLI/CLI.hpp>\n"),
    "zlib outside cli": ("src/engine/bad.cc", "#include <zlib.h>\n"),
    "an unknown third party": ("src/base/bad.cc", "#include <boost/any.hpp>\n"),
    "a path that is not from src/": ("src/json/bad.cc", '#include "event.h"\n'),
    "an unknown room": ("src/misc/bad.cc", "#include <string>\n"),
    "a header that is not there": ("src/json/bad.cc", '#include "base/nothing.h"\n'),
    "C++ in a binding": ("bindings/python/module.c", '#include "semper/semper.hpp"\n'),
    "a room in an example": ("examples/bad.cc", '#include "engine/engine.h"\n'),
    "an include with odd spaces": ("src/base/bad.cc", '#  include  "json/event.h"\n'),
}


def problems_of(tree):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in tree.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return check_arrows.check(pathlib.Path(folder).resolve())


class Arrows(unittest.TestCase):
    def test_a_good_tree_passes(self):
        self.assertEqual(problems_of(GOOD), [])

    def test_each_rule_is_enforced(self):
        for rule, (name, text) in BAD.items():
            with self.subTest(rule):
                found = problems_of({**GOOD, name: text})
                self.assertTrue(any(line.startswith(name + ":") for line in found), found)

    def test_comments_are_no_includes(self):
        text = '// #include "json/event.h"\n/*\n#include "json/event.h"\n*/\n'
        self.assertEqual(problems_of({**GOOD, "src/base/text.cc": text}), [])

    def test_the_line_is_told(self):
        found = problems_of({**GOOD, "src/base/up.cc": '/*\n*/\n#include "json/event.h"\n'})
        self.assertTrue(found[0].startswith("src/base/up.cc:3:"), found)


if __name__ == "__main__":
    unittest.main()
