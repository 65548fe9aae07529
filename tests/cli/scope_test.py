#!/usr/bin/env python3
"""semper scope."""

import json

from command import CommandTest, lines, main

DEV = {"accountId": "111111111111", "accountTags": {"env": "dev"}}
PROD = {"accountId": "222222222222", "accountTags": {"env": "prod"}, "ouName": "Core"}


class Scope(CommandTest):
    def scope(self, scopes, stdin="", *arguments, code=0):
        path = self.write("scopes", scopes)
        return self.run_lines("scope", "--scopes", path, *arguments, stdin=stdin, code=code)

    SCOPES = lines({"id": "all", "scope": {}},
                   {"id": "no-prod", "scope": {"accountScope": {"exclude": {"accountTags": {"env": "prod"}}}}},
                   {"id": "core", "scope": {"accountScope": {"exclude": "*", "forceInclude": {"ouName": "Core"}}}},
                   {"id": "us", "scope": {"regionScope": "us-east-1"}})

    def test_accounts_as_lines_and_lists(self):
        expected = [["all", "no-prod", "us"], ["all", "core", "us"]]
        for stdin in (lines(DEV, PROD), json.dumps([DEV, PROD], indent=2), json.dumps(DEV) + json.dumps([PROD])):
            self.assertEqual(self.scope(self.SCOPES, stdin), expected)

    def test_region(self):
        self.assertEqual(self.scope(self.SCOPES, lines(DEV), "--region", "us-east-1"), [["all", "no-prod", "us"]])
        self.assertEqual(self.scope(self.SCOPES, lines(DEV), "--region", "eu-central-1"), [["all", "no-prod"]])

    def test_what_is_no_account(self):
        out = self.scope(self.SCOPES, "5\n{\n" + lines(PROD))
        self.assertEqual(out, [{"error": "event_not_object"}, {"error": "event_json_syntax"}, ["all", "core", "us"]])

    def test_check(self):
        out = self.scope(lines({"id": "a", "scope": {}}, {"id": "b", "scope": {"accountScope": []}},
                               {"id": "c", "scope": {"accountScope": {"exclud": "*"}}}), "", "--check")
        self.assertEqual(out[0], {"id": "a", "ok": True})
        self.assertEqual([o["error"] for o in out[1:]], ["scope_empty_list", "scope_unknown_key"])
        self.assertEqual(out[2]["path"], "/accountScope/exclud")

    def test_a_scope_that_does_not_load_is_2(self):
        self.assertEqual(self.scope(lines({"id": "b", "scope": {"accountScope": []}}), lines(DEV), code=2), [])
        self.assertIn("[scope_empty_list]", self.stderr)

    def test_effective(self):
        scopes = lines({"id": "all", "scope": {}}, {"id": "us", "scope": {"regionScope": "us-east-1"}},
                       {"id": "minus", "scope": {"regionScope": {"exclude": "b-1", "forceInclude": ["z-1", "a-1"]}}},
                       {"id": "text", "scope": "x-1"}, {"id": "list", "scope": ["y-1", "x-1"]},
                       {"id": "object", "scope": {"exclude": ["c-1"]}})
        out = self.scope(scopes, "", "--effective", "--regions", "c-1,b-1")
        self.assertEqual(out, [{"id": "all", "regions": ["b-1", "c-1"]}, {"id": "us", "regions": ["us-east-1"]},
                               {"id": "minus", "regions": ["a-1", "c-1", "z-1"]}, {"id": "text", "regions": ["x-1"]},
                               {"id": "list", "regions": ["x-1", "y-1"]}, {"id": "object", "regions": ["b-1"]}])
        self.scope(scopes, "", "--effective", code=1)
        self.assertIn("--regions", self.stderr)
        # Without --effective only a policyScope is a scope.
        self.scope(lines({"id": "x", "scope": {"exclude": []}}), "", code=2)


if __name__ == "__main__":
    main()
