"""semper report, as a user runs it: what counts, scores, acceptances, tailoring, groups, trend."""

import csv
import io
import json
import unittest

import command

FSBP = "standards/aws-foundational-security-best-practices/v/1.0.0"
CIS = "ruleset/cis-aws-foundations-benchmark/v/1.2.0"
FSBP_KEY = "aws-foundational-security-best-practices/v/1.0.0"
CIS_KEY = "cis-aws-foundations-benchmark/v/1.2.0"
CLOCK = "2026-06-01T00:00:00Z"
PROD, TEST, OTHER = "111122223333", "222233334444", "999900001111"

ACCOUNTS = [
    {"accountId": PROD, "accountName": "shop", "ouNameWithPath": "Root/Workloads/Prod",
     "accountTags": {"environment": "prod"}},
    {"accountId": TEST, "accountName": "shop-test", "ouNameWithPath": "Root/Workloads/Test",
     "accountTags": {"environment": "nonprod"}},
]


def finding(control="S3.2", status="FAILED", resource="arn:aws:s3:::web", account=PROD,
            time="2026-05-01T10:00:00.000Z", standards=(FSBP,), region="eu-central-1", **fields):
    """Of the newest generation: one finding for all standards."""
    return {"SchemaVersion": "2018-10-08", "Id": f"arn:aws:securityhub:{region}:{account}:{control}/{resource}",
            "ProductArn": f"arn:aws:securityhub:{region}::product/aws/securityhub",
            "GeneratorId": f"security-control/{control}", "AwsAccountId": account, "Region": region,
            "Title": f"Title of {control}", "UpdatedAt": time, "RecordState": "ACTIVE",
            "Workflow": {"Status": "NEW"}, "Severity": {"Label": "HIGH"},
            "Compliance": {"Status": status, "SecurityControlId": control,
                           "AssociatedStandards": [{"StandardsId": standard} for standard in standards]},
            "Resources": [{"Type": "AwsS3Bucket", "Id": resource, "Region": region}], **fields}


def cis_finding(rule="3.1", status="FAILED", time="2026-05-01T10:00:00.000Z", account=PROD, **fields):
    """Of the oldest generation: CIS 1.2 with its own rule id."""
    one = finding("x", status, f"AWS::::Account:{account}", account, time)
    del one["Compliance"]["SecurityControlId"], one["Compliance"]["AssociatedStandards"]
    arn = "arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0"
    return {**one, "Id": f"cis/{account}/{rule}", "GeneratorId": f"{arn}/rule/{rule}",
            "Title": f"{rule} Title of the old rule",
            "ProductFields": {"StandardsGuideArn": arn, "RuleId": rule}, **fields}


def standard_finding(control, standard, status="FAILED", time="2026-05-01T10:00:00.000Z", **fields):
    """Of the generation between: a finding for each standard."""
    one = finding(control, status, time=time)
    del one["Compliance"]["SecurityControlId"], one["Compliance"]["AssociatedStandards"]
    return {**one, "Id": f"{standard}/{control}", "GeneratorId": f"{standard}/{control}",
            "Title": f"{control} Title of the control",
            "ProductFields": {"StandardsArn": f"arn:aws:securityhub:::standards/{standard}",
                              "ControlId": control}, **fields}


class ReportTest(command.CommandTest):
    def setUp(self):
        super().setUp()
        self.policies()
        self.accounts = self.write("accounts.json", ACCOUNTS)

    def report(self, *findings, arguments=(), before=None, form="json", accounts=True, code=0):
        arguments = list(arguments)
        if before is not None:
            arguments += ["--before", self.write("before.ndjson", command.lines(*before))]
        if accounts:
            arguments += ["--accounts", self.accounts]
        out = self.run_command("report", "--policies", self.policies(), "--clock", CLOCK, "--format", form,
                               *arguments, self.write("findings.ndjson", command.lines(*findings)), code=code)
        return json.loads(out) if form == "json" else out.decode()

    def standard(self, report, key=FSBP_KEY):
        return next(one for one in report["standards"] if one["standard"] == key)

    def control(self, report, control="S3.2", key=FSBP_KEY):
        return next(one for one in self.standard(report, key)["controls"] if one["id"] == control)

    def status(self, report, control="S3.2", key=FSBP_KEY, **group):
        entry = self.control(report, control, key)
        if not group:
            return entry["status"]
        found = [one for one in entry["groups"] if group.items() <= one.items()]
        return found[0]["status"] if found else "no_data"

    def accept(self, control="S3.2", **more):
        self.policy("20_filtering/securityhub_findings/accepted",
                    {"metaData": {"title": "The website is public"},
                     "filtering": {"findingPattern": {"Compliance": {"SecurityControlId": [control]}}}, **more})


class WhatCounts(ReportTest):
    def test_latest_state_wins_by_time_not_by_place(self):
        new = finding(status="PASSED", time="2026-05-02T00:00:00.001Z")
        old = finding(status="FAILED", time="2026-05-02T00:00:00Z")
        for order in ((new, old), (old, new)):
            report = self.report(*order)
            self.assertEqual(self.status(report), "passed")
            self.assertEqual(report["totals"]["superseded"], 1)

    def test_of_equal_times_the_later_in_the_input_wins(self):
        self.assertEqual(self.status(self.report(finding(status="PASSED"), finding(status="FAILED"))), "failed")
        self.assertEqual(self.status(self.report(finding(status="FAILED"), finding(status="PASSED"))), "passed")

    def test_archived_does_not_count(self):
        report = self.report(finding(RecordState="ARCHIVED"), finding("S3.3", "PASSED"))
        self.assertEqual(self.standard(report)["score"], 100.0)
        self.assertEqual(report["totals"]["archived"], 1)
        # What was archived later is gone, whatever comes behind it in the input.
        report = self.report(finding(time="2026-05-03T00:00:00Z", RecordState="ARCHIVED"),
                             finding(time="2026-05-02T00:00:00Z"), finding("S3.3", "PASSED"))
        self.assertNotIn("S3.2", [one["id"] for one in self.standard(report)["controls"]])

    def test_archived_of_an_older_generation_leaves_the_newer_one(self):
        """Consolidation archives the old findings after it has made the new ones."""
        report = self.report(finding("CloudWatch.2", "FAILED", f"AWS::::Account:{PROD}", standards=(CIS,)),
                             cis_finding(RecordState="ARCHIVED", time="2026-05-09T00:00:00Z"))
        self.assertEqual(self.status(report, "CloudWatch.2", CIS_KEY), "failed")

    def test_three_generations_are_one_control(self):
        resource = f"AWS::::Account:{PROD}"
        generations = [
            cis_finding(status="FAILED", time="2026-05-01T00:00:00Z"),
            finding("CloudWatch.2", "PASSED", resource, time="2026-05-02T00:00:00Z", standards=(CIS,)),
        ]
        report = self.report(*generations)
        entry = self.control(report, "CloudWatch.2", CIS_KEY)
        self.assertEqual((entry["status"], entry["passed"], entry["failed"]), ("passed", 1, 0))
        self.assertIn("3.1", entry["otherIds"])
        self.assertNotIn("3.1", [one["id"] for one in self.standard(report, CIS_KEY)["controls"]])
        report = self.report(standard_finding("PCI.S3.2", "pci-dss/v/3.2.1"), standard_finding("S3.2", FSBP_KEY))
        self.assertEqual(self.status(report, "S3.2", "pci-dss/v/3.2.1"), "failed")
        overall = next(one for one in report["standards"] if one["standard"] == "all")
        self.assertEqual(overall["controls"] and [one["id"] for one in overall["controls"] if one["status"] == "failed"],
                         ["S3.2"])

    def test_a_finding_counts_in_each_of_its_standards(self):
        report = self.report(finding("IAM.6", standards=(FSBP, CIS)))
        self.assertEqual(self.status(report, "IAM.6"), "failed")
        self.assertEqual(self.status(report, "IAM.6", CIS_KEY), "failed")

    def test_config_rules_are_a_standard(self):
        detail = {"awsAccountId": PROD, "awsRegion": "eu-central-1", "configRuleName": "semper-tags",
                  "configRuleARN": "arn:aws:config:x", "resourceType": "AWS::S3::Bucket", "resourceId": "web",
                  "newEvaluationResult": {"complianceType": "NON_COMPLIANT"},
                  "notificationCreationTime": "2026-05-01T00:00:00Z"}
        event = {**command.ENVELOPE, "detail-type": "Config Rules Compliance Change", "source": "aws.config"}
        report = self.report({**event, "detail": detail})
        self.assertEqual(self.status(report, "semper-tags", "config-rules"), "failed")

    def test_counters_add_up(self):
        report = self.report(finding(), finding(), finding("S3.3", RecordState="ARCHIVED"), command.event())
        totals = report["totals"]
        self.assertEqual(totals["findings"], sum(totals.values()) - totals["findings"])
        self.assertEqual(totals, {"findings": 4, "counted": 1, "superseded": 1, "archived": 1, "other": 1, "invalid": 0})

    def test_what_is_no_json_is_told(self):
        out = self.run_command("report", "--policies", self.policies(), "--format", "json", stdin='no json\n{"a":\n')
        self.assertEqual(json.loads(out)["totals"]["invalid"], 2)


class Scores(ReportTest):
    def test_score_is_passed_of_controls_with_data(self):
        report = self.report(finding("S3.1", "PASSED"), finding("S3.2", "FAILED"), finding("S3.2", "PASSED", "b"),
                             finding("S3.3", "PASSED"), finding("S3.4", "WARNING"))
        standard = self.standard(report)
        self.assertEqual(standard["score"], 50.0)
        self.assertEqual(standard["securityHubScore"], 50.0)
        self.assertEqual({key: count for key, count in standard["securityHubControlCounts"].items()
                          if count and key != "no_data"}, {"passed": 2, "failed": 1, "unknown": 1})

    def test_acceptances_count_apart(self):
        self.accept(lifecycle={"reason": "agreed", "ticket": "SEC-1", "expiresAt": "2027-01-01"})
        report = self.report(finding("S3.1", "PASSED"), finding("S3.2", "FAILED"))
        standard = self.standard(report)
        self.assertEqual((standard["score"], standard["securityHubScore"]), (100.0, 50.0))
        self.assertEqual(self.status(report), "suppressed")
        self.assertEqual(self.control(report)["securityHubStatus"], "failed")
        self.assertEqual(self.control(report)["suppressed"], [
            {"accountId": PROD, "policy": "20_filtering/securityhub_findings/accepted",
             "title": "The website is public", "reason": "agreed", "ticket": "SEC-1",
             "expiresAt": "2027-01-01T00:00:00Z", "findings": 1}])

    def test_what_is_accepted_in_part_is_judged_by_the_rest(self):
        self.policy("20_filtering/securityhub_findings/one",
                    {"filtering": {"findingPattern": {"Resources": {"Id": ["arn:aws:s3:::web"]}}}})
        self.assertEqual(self.status(self.report(finding(), finding(resource="b"))), "failed")
        self.assertEqual(self.status(self.report(finding(), finding(status="PASSED", resource="b"))), "passed")

    def test_an_expired_acceptance_hides_nothing(self):
        self.accept(lifecycle={"expiresAt": "2026-05-31"})
        self.assertEqual(self.status(self.report(finding())), "failed")

    def test_what_passed_is_not_accepted_though_a_policy_drops_it(self):
        self.accept()
        self.assertEqual(self.status(self.report(finding(status="PASSED"))), "passed")

    def test_suppressed_in_security_hub(self):
        report = self.report(finding("S3.1", "PASSED"), finding(Workflow={"Status": "SUPPRESSED"}))
        self.assertEqual(self.status(report), "suppressed")
        self.assertEqual(self.standard(report)["securityHubScore"], 100.0)

    def test_no_data_is_no_score(self):
        self.assertIsNone(self.standard(self.report(finding(Workflow={"Status": "SUPPRESSED"})))["score"])

    def test_controls_of_the_catalogue_have_no_data(self):
        report = self.report(cis_finding("3.1"))
        self.assertEqual(self.status(report, "CloudWatch.3", CIS_KEY), "no_data")
        self.assertEqual(self.standard(report, CIS_KEY)["score"], 0.0)


class Tailoring(ReportTest):
    def switch_off(self, ids, standard=FSBP_KEY, **scope):
        self.policy("10_configure/securityhub/30_standard_controls/off",
                    {"configure": {**scope, "shStandardControlSettings": {
                        "standardIdentifier": standard,
                        "disabledStandardControls": [{"standardId": ids, "disableReason": "not for us"}]}}})

    def test_controls_switched_off(self):
        self.switch_off("[S3.2] General purpose buckets …")
        report = self.report(finding(), finding("S3.1", "PASSED"))
        self.assertEqual(self.status(report), "not_applicable")
        self.assertEqual(self.standard(report)["score"], 100.0)
        self.assertEqual(self.control(report)["notApplicable"],
                         [{"policy": "10_configure/securityhub/30_standard_controls/off", "reason": "not for us",
                           "accounts": 2}])

    def test_wildcards_and_ids_of_the_standard(self):
        self.switch_off("3.*", "arn:aws:securityhub:${region}::ruleset/cis-aws-foundations-benchmark/v/1.2.0")
        report = self.report(cis_finding("3.1"), finding("CloudWatch.3", standards=(CIS,)), cis_finding("1.14"))
        for control in ("CloudWatch.2", "CloudWatch.3"):
            self.assertEqual(self.status(report, control, CIS_KEY), "not_applicable")
        self.assertEqual(self.status(report, "IAM.6", CIS_KEY), "failed")

    def test_only_where_the_scope_says_so(self):
        self.switch_off("S3.2", policyScope={"accountScope": {"exclude": {"accountTags": {"environment": "prod"}}}})
        report = self.report(finding(), finding(account=TEST), finding(account=OTHER))
        self.assertEqual(self.status(report, name=PROD), "failed")
        self.assertEqual(self.status(report, name=TEST), "not_applicable")
        # Nobody knows the account: what may be wanted counts.
        self.assertEqual(self.status(report, name=OTHER), "failed")

    def test_regions(self):
        self.switch_off("S3.2", policyScope={"regionScope": "us-east-1"})
        report = self.report(finding(), finding(region="us-east-1"))
        self.assertEqual(self.control(report)["failed"], 1)

    def test_a_standard_for_some_accounts_only(self):
        self.policy("10_configure/securityhub/20_standards/fsbp", {"configure": {"shStandardSettings": [
            {"standardName": "Best practices", "standardIdentifier": FSBP, "targetState": "ENABLED",
             "policyScope": {"accountScope": {"exclude": {"accountTags": {"environment": "nonprod"}}}}}]}})
        report = self.report(finding(), finding(account=TEST))
        self.assertEqual(self.standard(report)["name"], "Best practices")
        self.assertEqual(self.status(report, name=PROD), "failed")
        self.assertEqual(self.status(report, name=TEST), "not_applicable")


class Groups(ReportTest):
    def test_accounts_units_and_tags(self):
        report = self.report(finding("S3.1", "PASSED"), finding("S3.1", "FAILED", account=TEST),
                             finding("S3.1", "FAILED", account=OTHER), arguments=["--by", "tag:environment"])
        groups = {(one["group"], one["name"]): one["score"] for one in self.standard(report)["groups"]}
        self.assertEqual(groups, {
            ("ou", "(unknown)"): 0.0, ("ou", "Root"): 0.0, ("ou", "Root/Workloads"): 0.0,
            ("ou", "Root/Workloads/Prod"): 100.0, ("ou", "Root/Workloads/Test"): 0.0,
            ("tag", "(unknown)"): 0.0, ("tag", "nonprod"): 0.0, ("tag", "prod"): 100.0,
            ("account", PROD): 100.0, ("account", TEST): 0.0, ("account", OTHER): 0.0})
        self.assertEqual(self.status(report, "S3.1", name="Root/Workloads/Prod"), "passed")

    def test_without_accounts(self):
        report = self.report(finding(), accounts=False)
        self.assertEqual(self.status(report, name=PROD), "failed")

    def test_unknown_grouping_is_refused(self):
        self.report(arguments=["--by", "color"], form="text", code=1)
        self.assertIn('"color" is neither ou nor tag:NAME', self.stderr)


class Trend(ReportTest):
    def test_scores_and_controls(self):
        report = self.report(finding("S3.1", "PASSED"), finding("S3.2", "PASSED", time="2026-05-02T00:00:00Z"),
                             before=[finding("S3.1", "PASSED"), finding("S3.2")])
        trend = report["trend"]
        fsbp = next(one for one in trend["standards"] if one["standard"] == FSBP_KEY)
        self.assertEqual((fsbp["before"]["score"], fsbp["now"]["score"]), (50.0, 100.0))
        self.assertEqual([(one["id"], one["before"]["status"], one["now"]["status"]) for one in trend["controls"]],
                         [("S3.2", "failed", "passed")])

    def test_text_and_csv_tell_it(self):
        inputs = dict(before=[finding("S3.1", "PASSED"), finding()])
        self.assertIn("failed → passed", self.report(finding(status="PASSED"), form="text", **inputs))
        rows = list(csv.DictReader(io.StringIO(self.report(finding(status="PASSED"), form="csv", **inputs))))
        row = next(one for one in rows if one["control"] == "S3.2" and one["group"] == "all")
        self.assertEqual((row["standard"], row["status_before"], row["status"]), ("all", "failed", "passed"))

    def test_without_it_there_is_no_trend(self):
        self.assertNotIn("trend", self.report(finding()))


class Formats(ReportTest):
    def test_csv_is_safe_from_formulas(self):
        for title in ("=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", 'say "hi", twice'):
            out = self.report(finding(Title=title), form="csv")
            row = next(one for one in csv.DictReader(io.StringIO(out, newline="")) if one["control"] == "S3.2")
            self.assertEqual(row["title"].lstrip("'"), title)
            self.assertNotIn(row["title"][0], "=+-@\t")

    def test_csv_has_every_control_and_group(self):
        self.accept(lifecycle={"reason": "agreed", "expiresAt": "2027-01-01"})
        rows = list(csv.DictReader(io.StringIO(self.report(finding(), cis_finding(), form="csv"))))
        row = next(one for one in rows if (one["standard"], one["control"], one["name"]) == (FSBP_KEY, "S3.2", PROD))
        self.assertEqual((row["status"], row["security_hub_status"], row["suppressed"], row["reason"], row["expires_at"]),
                         ("suppressed", "failed", "1", "agreed", "2027-01-01T00:00:00Z"))
        row = next(one for one in rows if (one["control"], one["name"]) == ("CloudWatch.3", TEST))
        self.assertEqual(row["status"], "no_data")

    def test_text_names_what_failed_and_where(self):
        text = self.report(finding(), form="text")
        self.assertIn("S3.2  Title of S3.2", text)
        self.assertIn(f"1 of 1 failed, in {PROD}", text)

    def test_same_input_same_bytes(self):
        findings = [finding(f"S3.{i % 7}", ("PASSED", "FAILED")[i % 2], f"r{i}", (PROD, TEST)[i % 3 == 0])
                    for i in range(200)]
        for form in ("json", "csv", "text", "html"):
            self.assertEqual(self.report(*findings, form=form), self.report(*findings, form=form))


class Hostile(ReportTest):
    def test_strange_findings_do_no_harm(self):
        strange = [
            finding(UpdatedAt=7), finding("S3.3", Resources=[]), finding("S3.4", Resources="x"),
            finding("S3.5", UpdatedAt="9999-99-99"), finding("S3.6", UpdatedAt="0001-01-01T00:00:00Z"),
            {**finding("S3.7"), "Compliance": []}, {**finding("S3.8"), "Compliance": {"Status": {}}},
            {**finding("S3.9"), "Id": None}, {**finding("S3.10"), "AwsAccountId": ""}, {"Compliance": {"Status": "FAILED"}},
            finding("S3.11", Title="\ud800", GeneratorId=[1]), finding("a\"<b>&'\\"),
        ]
        for form in ("json", "csv", "text", "html"):
            self.report(*strange, form=form)

    def test_policies_that_do_not_load(self):
        self.policy("20_filtering/securityhub_findings/broken", "{")
        self.report(form="text", code=2)


if __name__ == "__main__":
    command.main()
