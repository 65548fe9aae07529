#!/usr/bin/env python3
"""semper process: decisions, routing, options."""

import json
import os
import pty
import subprocess

from command import CommandTest, event, lines, main, record


class Process(CommandTest):
    def test_each_decision_has_its_output_and_its_counter(self):
        self.policies(accepted="ListUsers")
        self.policy("10_configure/event_rules/root", {
            "configure": {"eventRuleSettings": {
                "eventName": "root", "eventDescription": "x",
                "eventPattern": {"detail": {"eventName": ["DeleteRole"]}}}}})
        stdin = lines(event("ListUsers"), record("DeleteRole"), record("ListBuckets")) + "no json\n"
        paths = {name: self.folder / name for name in ("dropped", "no-findings", "invalid", "stats")}
        options = [part for name, path in paths.items() for part in (f"--{name}", path)]
        relevant = self.process(stdin, *options)
        self.assert_counts(relevant=1, dropped=1, no_finding=1, invalid=1)

        self.assertEqual([r["verdict"]["decision"] for r in relevant], ["relevant"])
        self.assertEqual(relevant[0]["finding"]["raw"]["detail"]["eventName"], "DeleteRole")
        for name, decision in (("dropped", "dropped"), ("no-findings", "no_finding"), ("invalid", "invalid")):
            records = [json.loads(line) for line in paths[name].read_text().splitlines()]
            self.assertEqual([r["verdict"]["decision"] for r in records], [decision])
        self.assertEqual(json.loads(paths["stats"].read_text()), {
            "in": 4, "relevant": 1, "dropped": 1, "no_finding": 1, "invalid": 1,
            "policies": [{"id": "10_configure/event_rules/root", "hits": 1},
                         {"id": "20_filtering/cloudtrail_api_calls/accepted", "hits": 1}]})

    def test_without_files_dropped_ones_are_counted_and_invalid_ones_shown(self):
        self.policies(accepted="ListUsers")
        records = self.process(lines(event("ListUsers"), event()) + "{\n")
        self.assertEqual([r["verdict"]["decision"] for r in records], ["relevant", "invalid"])
        self.assert_counts(relevant=1, dropped=1, invalid=1)

    def test_dash_is_standard_output(self):
        self.policies(accepted="ListUsers")
        stdin = lines(event("ListUsers"), event())
        for name in ("-", "/dev/stdout"):
            records = self.process(stdin, "--dropped", name, "--no-findings", name)
            self.assertEqual([r["verdict"]["decision"] for r in records], ["dropped", "relevant"])

    def test_the_clock_is_injected(self):
        self.policy("20_filtering/cloudtrail_api_calls/old", {
            "filtering": {"findingPattern": {"detail": {"eventName": "ListUsers"}}},
            "lifecycle": {"expiresAt": "2026-06-01T00:00:00Z"}})
        stdin = lines(event("ListUsers"))
        self.process(stdin, "--clock", "2026-05-31T23:59:59Z")
        self.assert_counts(dropped=1)
        self.process(stdin, "--clock", "2026-06-01T02:00:00+02:00")
        self.assert_counts(relevant=1)
        self.process(stdin, "--clock", "tomorrow", code=1)
        self.assertIn('"tomorrow" is no time', self.stderr)

    def test_accounts_and_regions_reach_the_scopes(self):
        self.policy("20_filtering/cloudtrail_api_calls/scoped", {
            "filtering": {"policyScope": {"accountScope": {"exclude": "*", "forceInclude": {
                "accountTags": {"environment": "dev"}}}},
                "findingPattern": {"detail": {"eventName": "ListUsers"}}}})
        stdin = lines(event("ListUsers"))
        context = {"accountId": "111122223333", "accountTags": {"environment": "dev"}}
        for accounts in ([context], {"111122223333": context}):
            path = self.write("accounts.json", accounts)
            self.process(stdin, "--accounts", path, "--dropped", "-")
            self.assert_counts(dropped=1)
        self.process(stdin, "--accounts", path, "--regions", "us-east-1")
        self.assert_counts(relevant=1)
        self.process(stdin, "--accounts", path, "--regions", "us-east-1,eu-central-1")
        self.assert_counts(dropped=1)
        # Nobody knows the account: nothing that needs it is dropped.
        [record_] = self.process(stdin)
        self.assertEqual(record_["verdict"]["context"]["status"], "missing")
        self.assertEqual([p["effect"] for p in record_["verdict"]["policies"]], ["undetermined"])

    def test_generation_17(self):
        [native] = self.process(lines(event()))
        self.assertEqual(list(native)[:2], ["finding", "accountContext"])
        [old] = self.process(lines(event()), "--format", "semper-1.7")
        self.assertEqual(list(old), ["normalized", "raw"])
        self.process(lines(event()), "--format", "xml", code=1)
        self.assertIn("native", self.stderr)

    def test_several_inputs_in_order(self):
        a = self.write("a", lines(event("A")))
        b = self.write("b", lines(event("B")))
        records = self.process(lines(event("S")), a, "-", b)
        names = [r["finding"]["raw"]["detail"]["eventName"] for r in records]
        self.assertEqual(names, ["A", "S", "B"])

    def test_records_do_not_wait_for_the_end_of_a_pipe(self):
        process = self.start("process", "--policies", self.policies(), stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        for name in ("A", "B"):
            process.stdin.write(lines(event(name)).encode())
            process.stdin.flush()
            self.assertIn(f'"{name}"', process.stdout.readline().decode())
        process.stdin.close()
        self.assertEqual(process.stdout.read(), b"")
        process.stdout.close()
        self.assertEqual(process.wait(), 0)

    def test_no_progress_bar_without_a_terminal(self):
        path = self.write("a", lines(*[event()] * 100))
        self.process("", path)
        self.assertEqual(self.stderr.count("\n"), 1)
        self.assertNotIn("\r", self.stderr)

    def test_a_progress_bar_on_a_terminal(self):
        path = self.write("a", lines(*[event()] * 3000))
        terminal, slave = pty.openpty()
        process = self.start("process", "--policies", self.policies(), path, stderr=slave,
                             stdout=subprocess.DEVNULL)
        os.close(slave)
        seen = b""
        while True:
            try:
                part = os.read(terminal, 65536)
            except OSError:  # what a terminal says when its other end is closed
                break
            if not part:
                break
            seen += part
        os.close(terminal)
        self.assertEqual(process.wait(), 0)
        self.assertIn(b"%", seen)
        self.assertTrue(seen.rstrip().endswith("\x1b[Kin 3000 · relevant 3000 · dropped 0 · no_finding 0"
                                               " · invalid 0".encode()), seen[-200:])


class Usage(CommandTest):
    def test_help_and_version(self):
        self.assertIn(b"Examples:", self.run_command("--help"))
        self.assertRegex(self.run_command("--version").decode(), r"^semper \d+\.\d+\.\d+\n$")
        for command in ("process", "match", "scope", "check"):
            self.assertIn(b"Exit status:", self.run_command(command, "--help"))

    def test_wrong_usage_is_1(self):
        for arguments in ([], ["frobnicate"], ["process"], ["process", "--policies"], ["match"],
                          ["check"], ["process", "--policies", self.policies(), "--no-such-option"]):
            self.assertEqual(self.run_command(*arguments, code=1), b"")
            self.assertNotEqual(self.stderr, "")


if __name__ == "__main__":
    main()
