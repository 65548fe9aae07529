"""semper coverage: which controls of a catalogue the policies detect, and where they are blind."""

import csv
import io
import json
import pathlib
import unittest

import command

SHARE = pathlib.Path(__file__).resolve().parents[2] / "share/semper"
PROD, TEST = "111122223333", "222233334444"
ACCOUNTS = [{"accountId": PROD, "accountTags": {"environment": "prod"}},
            {"accountId": TEST, "accountTags": {"environment": "nonprod"}}]
REGIONS = ("eu-central-1", "us-east-1")


class CoverageTest(command.CommandTest):
    def setUp(self):
        super().setUp()
        self.policies()
        self.accounts = self.write("accounts.json", ACCOUNTS)

    def rule(self, name, pattern, **more):
        self.policy(f"10_configure/event_rules/{name}", {"configure": {
            "eventRuleSettings": {"eventName": name, "eventPattern": pattern}, **more}})

    def coverage(self, catalogue="cis-3", policies=None, regions=REGIONS, form="json", arguments=(), code=0):
        out = self.run_command("coverage", "--controls", catalogue, "--policies", policies or self.policies(),
                               "--accounts", self.accounts, "--regions", ",".join(regions), "--format", form,
                               *arguments, code=code)
        return json.loads(out) if form == "json" else out.decode()

    def sights(self, control, **arguments):
        """(account, region) → sight"""
        entry = self.control(control, **arguments)
        return {(place["accountId"], place["region"]): cell["sight"]
                for cell in entry["places"] for place in cell["in"]}

    def control(self, control, **arguments):
        return next(one for one in self.coverage(**arguments)["controls"] if one["id"] == control)


class Detection(CoverageTest):
    KEYS = {"detail": {"eventSource": ["kms.amazonaws.com"], "eventName": ["DisableKey", "ScheduleKeyDeletion"]}}

    def test_without_policies_everything_is_blind(self):
        self.coverage()
        # Eleven controls in two accounts and two regions, three of global services in one region.
        self.assertIn("50 of 50 places are blind spots", self.stderr)
        self.assertEqual(set(self.sights("3.7").values()), {"blind"})

    def test_detected_where_the_scope_is(self):
        self.rule("keys", self.KEYS, policyScope={
            "accountScope": {"exclude": {"accountTags": {"environment": "nonprod"}}},
            "regionScope": {"exclude": "us-east-1"}})
        self.assertEqual(self.sights("3.7"), {
            (PROD, "eu-central-1"): "detected", (PROD, "us-east-1"): "blind",
            (TEST, "eu-central-1"): "blind", (TEST, "us-east-1"): "blind"})

    def test_some_of_the_events_only(self):
        self.rule("keys", {"detail": {"eventSource": ["kms.amazonaws.com"], "eventName": ["DisableKey"]}})
        control = self.control("3.7")
        self.assertEqual((control["detected"], control["partly"]), (0, 4))
        self.assertEqual(control["places"][0]["missed"], ["ScheduleKeyDeletion"])
        self.assertEqual(control["places"][0]["by"], ["10_configure/event_rules/keys"])

    def test_what_a_filter_drops_again_is_a_blind_spot(self):
        self.rule("keys", self.KEYS)
        self.policy("20_filtering/cloudtrail_api_calls/keys",
                    {"filtering": {"findingPattern": {"detail": {"eventName": ["DisableKey"]}}}})
        control = self.control("3.7")
        self.assertEqual((control["detected"], control["partly"]), (0, 4))
        self.assertEqual(control["places"][0]["dropped"], ["DisableKey by 20_filtering/cloudtrail_api_calls/keys"])

    def test_global_services_count_in_their_region_only(self):
        self.rule("iam", {"detail": {"eventSource": ["iam.amazonaws.com"]}}, policyScope={"regionScope": "eu-central-1"})
        self.assertEqual(self.sights("3.4"), {(PROD, "us-east-1"): "blind", (TEST, "us-east-1"): "blind"})

    def test_security_hub_checks_but_does_not_detect(self):
        self.policy("10_configure/securityhub/20_standards/cis", {"configure": {"shStandardSettings": [
            {"standardName": "CIS", "standardIdentifier": "ruleset/cis-aws-foundations-benchmark/v/1.2.0",
             "targetState": "ENABLED"}]}})
        self.assertEqual(set(self.sights("3.7").values()), {"checked"})
        self.policy("10_configure/securityhub/30_standard_controls/off", {"configure": {"shStandardControlSettings": {
            "standardIdentifier": "cis-aws-foundations-benchmark/v/1.2.0",
            "disabledStandardControls": [{"standardId": "3.*", "disableReason": "no"}]}}})
        self.assertEqual(set(self.sights("3.7").values()), {"blind"})

    def test_config_rules(self):
        self.policy("10_configure/config_rules/hub", {"configure": {
            "policyScope": {"regionScope": "us-east-1"},
            "configRuleSettings": {"configRuleName": "hub", "sourceOwner": "AWS", "sourceIdentifier": "SECURITYHUB_ENABLED"}}})
        self.assertEqual(self.sights("4.16", catalogue="cis-3.0-4"), {
            (PROD, "eu-central-1"): "blind", (PROD, "us-east-1"): "detected",
            (TEST, "eu-central-1"): "blind", (TEST, "us-east-1"): "detected"})


class Packs(CoverageTest):
    def test_the_pack_covers_the_benchmark(self):
        for catalogue in ("cis-3", "cis-1.4-4", "cis-3.0-4"):
            report = self.coverage(catalogue, policies=SHARE / "packs/cis-aws")
            blind = [one["id"] for one in report["controls"] if one["partly"] + one["blind"] + one["checked"]]
            self.assertEqual(blind, {"cis-3": [], "cis-1.4-4": ["4.15"], "cis-3.0-4": ["4.15", "4.16"]}[catalogue])

    def test_the_organizations_pack_covers_the_rest(self):
        control = self.control("4.15", catalogue="cis-1.4-4", policies=SHARE / "packs/organizations")
        self.assertEqual((control["detected"], control["places"][0].get("missed")), (2, None))


class Catalogues(CoverageTest):
    def test_same_as_leads_both_ways_and_to_something(self):
        catalogues = {path.stem: json.loads(path.read_text()) for path in (SHARE / "controls").glob("*.json")}
        ids = catalogues.pop("security-hub-ids")["standards"]
        controls = {f"{name}/{one['id']}": one for name, catalogue in catalogues.items() for one in catalogue["controls"]}
        for reference, control in controls.items():
            for other in control.get("sameAs", []):
                self.assertIn(reference, controls[other]["sameAs"], (reference, other))
            sources = [control, *(controls[other] for other in control.get("sameAs", []))]
            self.assertTrue(any({"calls", "events", "configRules"} & one.keys() for one in sources), reference)
            standard = catalogues[reference.split("/")[0]]["standard"]
            for hub in control.get("securityHub", []):
                self.assertIn(hub, ids[standard][control["id"]], reference)
        self.assertEqual([one["id"] for one in catalogues["cis-3"]["controls"]], [f"3.{i}" for i in range(1, 15)])
        self.assertEqual([one["id"] for one in catalogues["cis-1.4-4"]["controls"]], [f"4.{i}" for i in range(1, 16)])
        self.assertEqual([one["id"] for one in catalogues["cis-3.0-4"]["controls"]], [f"4.{i}" for i in range(1, 17)])

    def test_a_file_of_ones_own(self):
        path = self.write("own.json", {"title": "Ours", "controls": [
            {"id": "A.1", "title": "Buckets", "calls": {"s3.amazonaws.com": ["CreateBucket"]}}]})
        self.rule("buckets", {"detail": {"eventName": ["CreateBucket"]}})
        self.assertEqual(set(self.sights("A.1", catalogue=path).values()), {"detected"})

    def test_unknown_and_broken_ones(self):
        self.coverage("cis-9", code=1, form="text")
        self.assertIn("there are: cis-1.4-4, cis-3, cis-3.0-4", self.stderr)
        self.coverage(self.write("broken.json", '{"controls": 7}'), code=1, form="text")
        self.assertIn('broken.json:1:1: a catalogue wants "controls"', self.stderr)


class Formats(CoverageTest):
    def test_csv_has_a_line_for_each_place(self):
        rows = list(csv.DictReader(io.StringIO(self.coverage(form="csv"))))
        self.assertEqual(len([row for row in rows if row["control"] == "3.7"]), 4)
        self.assertEqual({row["sight"] for row in rows}, {"blind"})

    def test_text_lists_blind_spots(self):
        self.rule("keys", Detection.KEYS, policyScope={"regionScope": {"exclude": "us-east-1"}})
        text = self.coverage(form="text")
        self.assertIn("detected in 2 of 4", text)
        self.assertIn(f"blind: {PROD}, {TEST} in us-east-1", text)

    def test_strict(self):
        self.coverage(form="text", arguments=["--strict"], code=1)
        self.coverage(policies=SHARE / "packs/cis-aws", form="text", arguments=["--strict"])


if __name__ == "__main__":
    command.main()
