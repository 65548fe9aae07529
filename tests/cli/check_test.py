#!/usr/bin/env python3
"""semper check."""

import json

from command import CommandTest, main


class Check(CommandTest):
    def test_a_good_repository(self):
        self.assertEqual(self.run_command("check", self.policies(a="A", b="B")), b"")
        self.assertEqual(self.stderr, "0 errors, 0 warnings, 2 policies\n")

    def test_warnings_are_allowed(self):
        self.policy("20_filtering/cloudtrail_api_calls/a", {
            "filtering": {"findingPattern": {"detail": {"eventName": "A"}}}, "surprise": 1})
        out = self.run_command("check", self.policies()).decode()
        self.assertRegex(out, r"/a\.json:1:\d+: warning: .*surprise.* \[\w+\] at /surprise\n$")
        self.assertEqual(self.stderr, "0 errors, 1 warning, 1 policy\n")

    def test_every_problem_with_its_place(self):
        path = self.policy("20_filtering/cloudtrail_api_calls/a",
                           '{\n  "filtering": {\n    "findingPattern": {"detail": {"x": [{"prefx": "y"}]}}\n  }\n}\n')
        self.policy("20_filtering/cloudtrail_api_calls/b", '{"filtering": {"findingPattern": {}}}')
        out = self.run_command("check", self.policies(), code=2).decode()
        self.assertEqual(len(out.splitlines()), 2)
        self.assertRegex(out, rf"(?m)^{path}:3:\d+: error: .*prefix.* \[unknown_comparator\] at "
                              r"/filtering/findingPattern/detail/x/0")
        self.assertIn("[empty_object]", out)
        self.assertEqual(self.stderr, "2 errors, 0 warnings\n")

        out = self.run_lines("check", "--json", self.policies(), code=2)
        self.assertEqual([d["code"] for d in out], ["unknown_comparator", "empty_object"])
        self.assertEqual(list(out[0]), ["severity", "code", "file", "line", "column", "offset", "pointer", "message"])
        self.assertEqual((out[0]["severity"], out[0]["file"], out[0]["line"]), ("error", path, 3))

    def test_what_is_no_repository(self):
        for directory in (self.folder, self.folder / "nowhere", self.write("file", "")):
            for options in ([], ["--json"]):
                self.run_command("check", directory, *options, code=2)
                self.assertIn(str(directory), self.stderr)


if __name__ == "__main__":
    main()
