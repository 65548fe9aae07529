#!/usr/bin/env python3
"""Bad input gets a clear error, loses nothing and harms nobody else."""

import base64
import gzip
import json
import os
import pathlib
import resource
import subprocess

from command import BINARY, CommandTest, event, lines, main, record


def verbatim(invalid):
    finding = invalid["finding"]
    return finding["raw"].encode() if "raw" in finding else base64.b64decode(finding["rawBase64"])


class BadJson(CommandTest):
    def check_between(self, bad, code):
        """`bad` between two good lines: both come out, and `bad` as it was, with the reason."""
        good = lines(event("A")).encode()
        records = self.process(good + bad + b"\n" + lines(event("B")).encode())
        self.assertEqual([r["verdict"]["decision"] for r in records], ["relevant", "invalid", "relevant"])
        self.assertEqual(verbatim(records[1]), bad)
        [note] = records[1]["verdict"]["notes"]
        self.assertEqual(note["code"], code)
        self.assertNotEqual(note["message"], "")
        self.assert_counts(relevant=2, invalid=1)

    def test_truncated_lines(self):
        line = lines(event("X", list=[1, {"a": "b"}], text="a\\\"b")).encode()[:-1]
        for length in (1, 2, 9, 50, len(line) - 60, len(line) - 2, len(line) - 1):
            with self.subTest(length=length):
                self.check_between(line[:length], "event_json_syntax")

    def test_every_truncation_of_a_line(self):
        line = json.dumps({"a": [1, {"b": "x\\"}, [True]], "c": {"d": None}, "e": "y"})
        good = json.dumps({"g": {"h": [1]}})
        for length in range(1, len(line)):
            with self.subTest(line=line[:length]):
                stdin = "\n".join([good, line[:length], good, line[:length], good, ""])
                records = self.process(stdin)
                self.assert_counts(relevant=3, invalid=2)
                self.assertEqual([verbatim(r) for r in records if "rawBase64" in r["finding"]
                                  or isinstance(r["finding"]["raw"], str)], [line[:length].encode()] * 2)

    def test_truncated_at_the_end(self):
        for content in (lines(event("A")) + lines(event("B"))[:-20], json.dumps([event("A"), event("B")])[:-30],
                        json.dumps({"Records": [record("A"), record("B")]}, indent=1)[:-40]):
            records = self.process(content)
            self.assertEqual([r["verdict"]["decision"] for r in records], ["relevant", "invalid"])
        self.process(json.dumps([event("A")])[:-1])
        self.assert_counts(relevant=1)
        self.assertIn("standard input: ends inside a list", self.stderr)

    def test_one_bad_record_of_a_file(self):
        content = json.dumps({"Records": [record("A"), {"bad": "@"}, record("B")]}).replace('"@"', "@")
        records = self.process(content)
        self.assertEqual([r["verdict"]["decision"] for r in records], ["relevant", "invalid", "relevant"])

    def test_invalid_utf8(self):
        for bad in (b'{"a":"\xff"}', b'{"a":"\xed\xa0\x80"}', b'{"a":"\xc0\xaf"}', b'{"\xfe":1}', b"\x00\xff"):
            with self.subTest(bad=bad):
                self.check_between(bad, "invalid_utf8")

    def test_garbage(self):
        for bad in (b"hello", b'{"a":tru}', b"{'a':1}", b'{"a":1,}', b'{"a":01}', b'{"a":1} x', b'{"a":1}}',
                    b'{"a":"\t"}', b'{"a":"\\x"}', b'{"a":NaN}', b"}{", b"]", b"[INFO] x"):
            with self.subTest(bad=bad):
                self.check_between(bad, "event_json_syntax")

    def test_deep(self):
        for bad in (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, b"[" * 10_000 + b"]" * 10_000):
            self.check_between(bad, "event_too_deep")
        self.check_between(b"[" * 1_000_000, "event_too_deep")

    def test_pretty_printed_and_damaged(self):
        damaged = json.dumps(event("X"), indent=2).replace('"region": ', '"region" ', 1).encode()
        self.check_between(damaged, "event_json_syntax")

    def test_generation_17_keeps_the_bytes_too(self):
        [invalid] = self.process(b'{"a":"\xff"}', "--format", "semper-1.7")
        self.assertEqual(base64.b64decode(invalid["rawBase64"]), b'{"a":"\xff"}')


class Oversize(CommandTest):
    def test_a_line_of_100_megabytes_in_bounded_memory(self):
        size = 100 << 20
        before, after = lines(event("A")), lines(event("B"))
        path = self.folder / "input"
        with open(path, "w", encoding="utf-8") as file:
            file.write(before + '{"a":"')
            for _ in range(size >> 20):
                file.write("0123456789abcdef" * (1 << 16))
            file.write('"}\n' + after)
        invalid = self.folder / "invalid"
        # One thread: each thread reserves address space that it never uses.
        arguments = [BINARY, "process", "--policies", self.policies(), "--threads", "1", "--invalid", invalid, path]
        # Sanitizers reserve address space and remember freed memory; there only the result counts.
        binary = pathlib.Path(BINARY).read_bytes()
        sanitized = b"__asan_init" in binary or b"__tsan_init" in binary
        limit = None if sanitized else lambda: resource.setrlimit(resource.RLIMIT_AS, (200 << 20, 200 << 20))
        result = subprocess.run(list(map(str, arguments)), capture_output=True, preexec_fn=limit, check=True)
        self.assertEqual(len(result.stdout.splitlines()), 2)
        self.assertIn("in 3 · relevant 2 · dropped 0 · no_finding 0 · invalid 1", result.stderr.decode())
        record_ = json.loads(invalid.read_bytes())
        self.assertEqual(record_["verdict"]["notes"][0]["code"], "event_too_large")
        raw = base64.b64decode(record_["finding"]["rawBase64"])
        self.assertEqual(len(raw), size + len('{"a":""}'))
        self.assertTrue(raw.startswith(b'{"a":"0123') and raw.endswith(b'cdef"}'))

    def test_the_limit_itself(self):
        limit = 16 << 20
        frame = '{"a":""}'
        fits = '{"a":"' + "x" * (limit - len(frame)) + '"}'
        self.assertEqual(len(fits), limit)
        self.process(fits + "\n" + lines(event()))
        self.assert_counts(relevant=2)
        too_large = fits.replace("x", "xx", 1)
        records = self.process(too_large + "\n" + lines(event()))
        self.assert_counts(relevant=1, invalid=1)
        self.assertEqual(verbatim(records[0]).decode(), too_large)

    def test_garbage_without_newlines(self):
        data = os.urandom(20 << 20).replace(b"\n", b"x").replace(b"\x1f", b"y")
        data = b"z" + data.rstrip()
        [invalid] = self.process(data)
        self.assertEqual(verbatim(invalid), data)


class Files(CommandTest):
    def test_unreadable_inputs_do_not_stop_the_others(self):
        good = self.write("good", lines(event()))
        dangling = self.folder / "dangling"
        dangling.symlink_to(self.folder / "nowhere")
        secret = self.write("secret", lines(event()))
        os.chmod(secret, 0)
        bad = [(dangling, "No such file or directory"), (self.folder, "Is a directory")]
        if os.geteuid() != 0:  # root reads everything
            bad.append((secret, "Permission denied"))
        for path, reason in bad:
            with self.subTest(path=path):
                self.assertEqual(len(self.process("", good, path, good, code=1)), 2)
                self.assertIn(f"semper: {path}: {reason}", self.stderr)
                self.assert_counts(relevant=2)

    def test_damaged_gzip(self):
        content = gzip.compress(lines(*[event(f"N{os.urandom(20).hex()}") for _ in range(2000)]).encode())
        cut = self.write("cut.gz", content[:len(content) // 2])
        records = self.process("", cut, code=1)
        self.assertIn(f"semper: {cut}: the gzip data ends too early", self.stderr)
        self.assertGreater(self.summary()["relevant"], 500)
        self.assertEqual(len(records), self.summary()["in"])

        damaged = bytearray(content)
        damaged[len(content) // 2] ^= 0xFF
        path = self.write("damaged.gz", bytes(damaged))
        self.process("", path, code=1)
        self.assertIn(f"semper: {path}: damaged gzip data", self.stderr)

        trailing = self.write("trailing.gz", gzip.compress(lines(event()).encode()) + b"garbage")
        self.assertEqual(len(self.process("", trailing, code=1)), 1)
        self.assertIn("no gzip follow", self.stderr)

    def test_policies_that_do_not_load(self):
        good = self.write("good", lines(event()))
        dropped = self.folder / "dropped"
        empty = self.folder / "empty"
        empty.mkdir()
        for directory in (empty, self.folder / "nowhere", good):
            with self.subTest(directory=directory):
                out = self.run_command("process", "--policies", directory, good, code=2)
                self.assertEqual(out, b"")
                self.assertIn(str(directory), self.stderr)

        self.policy("20_filtering/cloudtrail_api_calls/a", '{"filtering": {"findingPattern": {"a": 1, "A": 2}}}')
        self.policy("20_filtering/cloudtrail_api_calls/b", '{"filtering": {"findingPattern": {"a": []}}}')
        self.policy("20_filtering/cloudtrail_api_calls/c", '{"filtering": ')
        out = self.run_command("process", "--policies", self.policies(), "--dropped", dropped, good, code=2)
        self.assertEqual(out, b"")
        self.assertFalse(dropped.exists())
        for name, code in (("a", "duplicate_key"), ("b", "empty_list"), ("c", "json_syntax")):
            self.assertRegex(self.stderr, rf"(?m)/{name}\.json:1:\d+: error: .*\[{code}\]")
        self.assertNotIn("in 1", self.stderr)

    def test_accounts_that_do_not_load(self):
        for content in ('{"accountId": ', "5", "[1]"):
            path = self.write("accounts", content)
            self.process(lines(event()), "--accounts", path, code=1)
            self.assertIn(path, self.stderr)
        self.process(lines(event()), "--accounts", self.folder / "nowhere", code=1)
        self.assertIn("nowhere", self.stderr)


if __name__ == "__main__":
    main()
