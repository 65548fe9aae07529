#!/usr/bin/env python3
"""semper match."""

import json

from command import CommandTest, lines, main


class Match(CommandTest):
    def match(self, patterns, stdin, *arguments, code=0):
        path = self.write("patterns", patterns)
        return self.run_lines("match", "--patterns", path, *arguments, stdin=stdin, code=code)

    def check(self, patterns, *arguments):
        return self.match(patterns, b"", "--check", *arguments)

    def test_ids_in_the_order_of_the_file(self):
        patterns = lines({"id": "z", "pattern": {"a": [1]}}, {"id": "a\"\n", "pattern": {"b": [2]}},
                         {"id": "m", "pattern": {"a": [{"exists": True}]}})
        out = self.match(patterns, lines({"a": 1, "b": 2}, {"a": 3}, {"A": [0, 1]}, {}))
        self.assertEqual(out, [["z", "a\"\n", "m"], ["m"], ["z", "m"], []])

    def test_no_patterns_and_no_events(self):
        self.assertEqual(self.match("", lines({"a": 1})), [[]])
        self.assertEqual(self.match(lines({"id": "x", "pattern": {"a": [1]}}), ""), [])

    def test_what_is_no_event_is_a_line_too(self):
        patterns = lines({"id": "x", "pattern": {"a": [1]}})
        good = '{"a":1}'
        for bad, error in (('[{"a":1}]', "event_not_object"), ("5", "event_not_object"), ('"x"', "event_not_object"),
                           ('{"a":1} {"a":1}', "event_json_syntax"), ('{"a":1', "event_json_syntax"),
                           ('{"a":tru}', "event_json_syntax"), ("x", "event_json_syntax"),
                           ('{"a":"x', "event_json_syntax"), ('{"a":{"b":', "event_json_syntax"),
                           ('\ufeff{"a":1}', "event_json_syntax"), ("[[]", "event_json_syntax"),
                           ('{"x":' + "[" * 1024 + "]" * 1024 + "}", "event_too_deep"),
                           ('{"x":"' + "y" * (16 << 20) + '"}', "event_too_large")):
            with self.subTest(bad=bad[:40]):
                out = self.match(patterns, "\n".join([good, bad, good, ""]))
                self.assertEqual(out, [["x"], {"error": error}, ["x"]])
                self.assertEqual(self.match(patterns, bad), [{"error": error}])
        self.assertEqual(self.match(patterns, b'{"a":"\xff"}\n{"a":1}'), [{"error": "invalid_utf8"}, ["x"]])

    def test_pretty_printed_events(self):
        patterns = lines({"id": "x", "pattern": {"a": [1]}})
        self.assertEqual(self.match(patterns, '{\n  "a": 1\n}\n{\n  "a": {}\n}\n{"a": 1}'), [["x"], [], ["x"]])

    def test_dialects_and_quantifiers(self):
        patterns = lines({"id": "x", "pattern": {"A": [1]}})
        events = lines({"a": 1}, {"A": [1, 2]})
        self.assertEqual(self.match(patterns, events), [["x"], ["x"]])
        self.assertEqual(self.match(patterns, events, "--arrays", "all"), [["x"], []])
        self.assertEqual(self.match(patterns, events, "--dialect", "eventbridge"), [[], ["x"]])
        self.match(patterns, events, "--dialect", "eventbridge", "--arrays", "all", code=1)
        self.assertIn("EventBridge knows any only", self.stderr)
        self.match(patterns, events, "--dialect", "x", code=1)

    def test_a_pattern_that_does_not_compile_is_2(self):
        patterns = lines({"id": "ok", "pattern": {"a": [1]}}, {"id": "bad", "pattern": {"a": []}},
                         {"id": "worse", "pattern": {"b": {"c": [{"prefixx": "x"}]}}})
        self.assertEqual(self.match(patterns, lines({"a": 1}), code=2), [])
        self.assertRegex(self.stderr, r'patterns:2:\d+: error: "bad": .* \[empty_list\] at /a')
        self.assertRegex(self.stderr, r'patterns:3:\d+: error: "worse": .*prefix.* \[unknown_comparator\] at /b/c/0')
        column = int(self.stderr.split("patterns:2:")[1].split(":")[0])
        self.assertEqual(patterns.splitlines()[1][column - 1:column + 1], "[]")

    def test_check(self):
        out = self.check(lines({"id": "a", "pattern": {"x": [1]}}, {"id": "b", "pattern": {"x": {"y": []}}},
                               {"id": "c", "pattern": []}))
        self.assertEqual(out[0], {"id": "a", "ok": True})
        self.assertEqual({k: out[1][k] for k in ("id", "error", "path", "offset")},
                         {"id": "b", "error": "empty_list", "path": "/x/y", "offset": len('{"x": {"y": ')})
        self.assertEqual(list(out[1]), ["id", "error", "message", "path", "offset"])
        self.assertEqual((out[2]["error"], out[2]["path"], out[2]["offset"]), ("pattern_not_object", "", 0))

    def test_check_tells_the_exact_text(self):
        for text, error, offset in ((b'{"a":1,"A":2}', "duplicate_key", 7),
                                    (b'{"a":"\\ud800"}', "invalid_unicode", None),
                                    (b'{"a":"\xff"}', "invalid_utf8", 6),
                                    (b'{"a":[}', "json_syntax", 6),
                                    (b'{"a":01}', "json_syntax", None),
                                    (b'{"a":', "json_syntax", 5),
                                    (b'{"a":1} x', "json_syntax", 8),
                                    (b'', "json_syntax", 0),
                                    (b'{"a":[1e9999999]}', "number_out_of_range", 6),
                                    (b'{"a":' * 129 + b"1" + b"}" * 129, "pattern_too_deep", None),
                                    (b'{"a":"' + b"x" * (1 << 20) + b'"}', "pattern_too_large", None)):
            for line in (b'{"id":"p\\u0041","pattern":' + text + b"}", b'{"pattern":' + text + b' , "id" : "pA"}'):
                with self.subTest(line=line[:60]):
                    [out] = self.check(line + b"\n")
                    self.assertEqual((out["id"], out["error"]), ("pA", error))
                    if offset is not None:
                        self.assertEqual(out["offset"], offset)

    def test_patterns_at_the_limits_compile(self):
        deep = '{"a":' * 128 + "1" + "}" * 128
        large = '{"a":"' + "x" * ((1 << 20) - 8) + '"}'
        for text in (deep, large):
            self.assertEqual(self.check('{"id":"x","pattern":' + text + "}\n"), [{"id": "x", "ok": True}])

    def test_patterns_as_text(self):
        out = self.check(lines({"id": "a", "pattern_text": '{"x": [1]}'}, {"id": "b", "pattern_text": '{"x": [1'}))
        self.assertEqual((out[0], out[1]["error"]), ({"id": "a", "ok": True}, "json_syntax"))

    def test_lines_that_are_no_entries(self):
        out = self.check('nonsense\n\n{"id": 5, "pattern": {"a": 1}}\n{"id": "x"}\n[]\n{"id":"y","pattern"')
        self.assertEqual([(o["id"], o["error"]) for o in out],
                         [(None, "json_syntax"), (None, "bad_line"), ("x", "bad_line"), (None, "bad_line"),
                          (None, "json_syntax")])

    def test_warnings_are_told_and_harmless(self):
        out = self.check(lines({"id": "w", "pattern": {"prefix": ["x"]}}))
        self.assertEqual(out, [{"id": "w", "ok": True}])
        self.assertRegex(self.stderr, r'warning: "w": .*\[comparator_as_field\]')

    def test_check_takes_no_events(self):
        self.match(lines({"id": "x", "pattern": {"a": 1}}), "", "--check", self.write("e", "{}"), code=1)

    def test_a_file_that_is_not_there(self):
        self.run_command("match", "--patterns", self.folder / "nowhere", code=1)
        self.assertIn("nowhere: No such file", self.stderr)

    def test_speed_can_be_measured(self):
        patterns = lines({"id": "x", "pattern": {"a": [1]}})
        self.assertEqual(self.match(patterns, lines({"a": 1}, {"b": 1}), "--repeat", "3", "--quiet"), [])
        self.assertRegex(self.stderr, r"^2 events x 3 in [0-9.]+ s: \d+ events/s\n$")
        self.assertEqual(self.match(patterns, lines({"a": 1}), "--repeat", "3"), [["x"]])


if __name__ == "__main__":
    main()
