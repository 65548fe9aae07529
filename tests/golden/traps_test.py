"""One test for each trap that policies of this kind have been known to fall into."""

import json
import unittest

import harness
from harness import Repository

FILTER = "20_filtering/cloudtrail_api_calls/trap"
EXTENSION = "30_extension/trap"


def event(**detail):
    detail = {"recipientAccountId": "111122223333", "eventName": "Trap", **detail}
    return {
        "version": "0",
        "id": "1",
        "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.trap",
        "account": "111122223333",
        "time": "2025-11-04T08:00:00Z",
        "region": "eu-central-1",
        "resources": [],
        "detail": detail,
    }


def policies(pattern, scope=None):
    """A filter that only observes, and an extension, both with this pattern: what hides wants all
    elements of a list, what reveals wants any, so a trap may lie in one of them only."""
    body = {"policyScope": scope or {}, "findingPattern": {"detail": pattern}}
    return {
        FILTER: {"filtering": body, "lifecycle": {"mode": "observe"}},
        EXTENSION: {"extension": {**body, "extensionBlock": {"trap": {"hit": True}}}},
    }


def hits(pattern, finding, scope=None):
    """{"would_drop", "extend"}: what matched."""
    with Repository(policies(pattern, scope)) as repository:
        (record,) = harness.process(policies=repository, stdin=json.dumps(finding))
    return {effect for effect, _ in harness.effects(record)}


BOTH = {"would_drop", "extend"}


class Traps(unittest.TestCase):
    def test_tests_of_one_comparator_are_an_and(self):
        pattern = {"state": [{"exists": True, "anything-but": "X"}]}
        self.assertEqual(hits(pattern, event(state="X")), set())
        self.assertEqual(hits(pattern, event(state="Y")), BOTH)

    def test_anything_but_with_a_list_excludes_each(self):
        pattern = {"state": [{"anything-but": ["X", "Y"]}]}
        self.assertEqual(hits(pattern, event(state="X")), set())
        self.assertEqual(hits(pattern, event(state="Y")), set())
        self.assertEqual(hits(pattern, event(state="Z")), BOTH)

    def test_exists_false_does_not_depend_on_the_order_of_keys(self):
        absent, named = {"a": [{"exists": False}]}, {"b": ["x"]}
        for pattern in ({**absent, **named}, {**named, **absent}):
            self.assertEqual(hits(pattern, event(b="x")), BOTH)
            self.assertEqual(hits(pattern, event(b="y")), set())
            self.assertEqual(hits(pattern, event(a=1, b="x")), set())

    def test_booleans_numbers_and_nested_objects_match(self):
        finding = event(readOnly=True, count=3, outer={"inner": {"leaf": ["x"]}})
        for pattern in (
            {"readOnly": [True]},
            {"count": [3]},
            {"outer": {"inner": {"leaf": ["x"]}}},
            {"outer": {"inner": [{"exists": True}]}},
        ):
            self.assertEqual(hits(pattern, finding), BOTH, pattern)
        for pattern in (
            {"readOnly": ["true"]},
            {"readOnly": [False]},
            {"count": ["3"]},
            {"count": [4]},
        ):
            self.assertEqual(hits(pattern, finding), set(), pattern)

    def test_an_unknown_operator_is_an_error_behind_an_alternative_that_matches(self):
        with Repository(policies({"state": ["X", {"contians": "X"}]})) as repository:
            checked = harness.run("check", "--json", repository)
            matching = json.dumps(event(state="X"))
            processed = harness.run("process", "--policies", repository, stdin=matching)
        self.assertEqual(checked.returncode, 2)
        self.assertIn(b"unknown_comparator", checked.stdout)
        self.assertEqual(processed.returncode, 2)
        self.assertEqual(processed.stdout, b"")

    def test_exclude_star_in_a_list(self):
        nobody = {"accountScope": {"exclude": ["*"]}}
        us = {"accountScope": {"exclude": ["*"], "forceInclude": {"accountId": "111122223333"}}}
        others = {"accountScope": {"exclude": ["*"], "forceInclude": {"accountId": "222233334444"}}}
        self.assertEqual(hits({"state": ["X"]}, event(state="X"), nobody), set())
        self.assertEqual(hits({"state": ["X"]}, event(state="X"), us), BOTH)
        self.assertEqual(hits({"state": ["X"]}, event(state="X"), others), set())

    def test_an_empty_pattern_matches_nothing(self):
        filters = {FILTER: {"filtering": {"findingPattern": {}}}}
        with Repository(filters) as repository:
            checked = harness.run("check", "--json", repository)
            processed = harness.run("process", "--policies", repository, stdin=json.dumps(event()))
        self.assertEqual((checked.returncode, processed.returncode), (2, 2))
        self.assertIn(b"empty_object", checked.stdout)
        self.assertEqual(processed.stdout, b"")

    def test_a_control_id_with_contains_warns_that_it_is_over_broad(self):
        def check(test):
            pattern = {"Compliance": {"SecurityControlId": [test]}}
            policy = {"filtering": {"findingPattern": pattern}}
            with Repository({"20_filtering/securityhub_findings/trap": policy}) as repository:
                done = harness.run("check", repository)
            self.assertEqual(done.returncode, 0, done.stderr)
            return (done.stdout + done.stderr).decode()

        self.assertIn("0 errors, 1 warning,", check({"contains": "Config.1"}))
        self.assertIn("0 errors, 0 warnings,", check("Config.1"))


if __name__ == "__main__":
    harness.main()
