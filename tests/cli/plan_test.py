#!/usr/bin/env python3
"""semper plan."""

import json
import pathlib
import shutil
import subprocess
import sys

from command import CommandTest, main

ROOT = pathlib.Path(__file__).resolve().parents[2]
ACCOUNTS = [
    {"accountId": "222222222222", "accountTags": {"environment": "nonprod"}, "ouName": "Test"},
    {"accountId": "111111111111", "accountTags": {"environment": "prod"}, "ouName": "Shop"},
]
NO_NONPROD = {"accountScope": {"exclude": {"accountTags": {"environment": "nonprod"}}}}
FSBP = "standards/aws-foundational-security-best-practices/v/1.0.0"
CIS = "ruleset/cis-aws-foundations-benchmark/v/1.2.0"


class PlanTest(CommandTest):
    def configure(self, name, section, scope=None):
        folder = {"configRuleSettings": "config_rules", "eventRuleSettings": "event_rules",
                  "shControlSettings": "securityhub/10_controls",
                  "shStandardSettings": "securityhub/20_standards",
                  "shStandardControlSettings": "securityhub/30_standard_controls"}[next(iter(section))]
        policy_id = f"10_configure/{folder}/{name}"
        self.policy(policy_id, {"configure": {**({"policyScope": scope} if scope else {}), **section}})
        return policy_id

    def config_rule(self, name, scope=None, rule="rule", **settings):
        return self.configure(name, {"configRuleSettings": {
            "configRuleName": rule, "sourceOwner": "AWS", "sourceIdentifier": "X", **settings}}, scope)

    def event_rule(self, name, scope=None, rule=None, pattern=None, **settings):
        return self.configure(name, {"eventRuleSettings": {
            "eventName": rule or name, "eventPattern": pattern or {"source": ["aws.ec2"]}, **settings}}, scope)

    def standard(self, name, identifier=FSBP, scope=None, state="ENABLED"):
        return self.configure(name, {"shStandardSettings": [
            {"standardName": "S", "standardIdentifier": identifier, "targetState": state,
             **({"policyScope": scope} if scope else {})}]})

    def switches(self, name, *ids, identifier=FSBP, scope=None, reason="Not used"):
        return self.configure(name, {"shStandardControlSettings": {
            "standardIdentifier": identifier,
            "disabledStandardControls": [{"standardId": list(ids), "disableReason": reason}]}}, scope)

    def run_plan(self, *arguments, accounts=ACCOUNTS, regions="eu-central-1,us-east-1", code=0):
        self.write("accounts.json", accounts)
        return self.run_command("plan", "--policies", self.folder / "policies", "--accounts",
                                self.folder / "accounts.json", "--regions", regions, *arguments, code=code)

    def plan(self, *arguments, **options):
        return json.loads(self.run_plan(*arguments, **options))

    def states(self, *arguments, **options):
        return {(s["account"], s["region"]): s for s in self.plan(*arguments, **options)["states"]}

    def refused(self, *codes, **options):
        self.assertEqual(self.run_plan(code=2, **options), b"")
        for code in codes:
            self.assertIn(f"[{code}]", self.stderr)


class Json(PlanTest):
    def test_every_account_and_region_with_the_policy_that_asks(self):
        rule = self.config_rule("a", NO_NONPROD)
        event = self.event_rule("b", {"regionScope": {"exclude": "eu-central-1"}})
        standard = self.standard("c", scope=NO_NONPROD)
        switch = self.switches("d", "[IAM.6] Hardware MFA", "Macie.2")
        parameters = self.configure("e", {"shControlSettings": [{
            "controlId": "IAM.7", "parameters": {"Length": {"ValueType": "CUSTOM", "Value": {"Integer": 16}}}}]})
        states = self.states()
        self.assertEqual(list(states), [(a, r) for a in ("111111111111", "222222222222")
                                        for r in ("eu-central-1", "us-east-1")])
        self.assertEqual(states["111111111111", "us-east-1"], {
            "account": "111111111111", "region": "us-east-1",
            "configRules": {"semper-rule": [rule]}, "eventRules": {"semper-b": [event]},
            "standards": {FSBP: [standard]},
            "controlSwitches": {f"{FSBP}/IAM.6": [switch], f"{FSBP}/Macie.2": [switch]},
            "controlParameters": {"IAM.7": [parameters]}})
        other = states["222222222222", "eu-central-1"]
        self.assertEqual([other["configRules"], other["eventRules"], other["standards"]], [{}, {}, {}])

    def test_definitions_hold_the_settings(self):
        self.config_rule("a", configRuleDescription="Words", inputParameters="{\"x\": \"1\"}",
                         sourceDetails=[{"messageType": "ScheduledNotification",
                                         "maximumExecutionFrequency": "One_Hour"}])
        self.assertEqual(self.plan()["definitions"], [
            {"part": "configRules", "key": "semper-rule", "policy": "10_configure/config_rules/a",
             "settings": {"description": "Words", "sourceOwner": "AWS", "sourceIdentifier": "X",
                          "sourceDetails": [{"messageType": "ScheduledNotification",
                                             "maximumExecutionFrequency": "One_Hour"}],
                          "inputParameters": {"x": "1"}}}])

    def test_the_same_bytes_whatever_the_order(self):
        for name in "cab":
            self.event_rule(name)
        first = self.run_plan()
        self.assertEqual(first, self.run_plan(accounts=ACCOUNTS[::-1], regions="us-east-1,eu-central-1,us-east-1"))

    def test_regions_forced_in_appear_where_something_holds_only(self):
        self.event_rule("a", {**NO_NONPROD, "regionScope": {"forceInclude": "us-east-1"}})
        self.assertEqual(list(self.states(regions="eu-central-1")), [
            ("111111111111", "eu-central-1"), ("111111111111", "us-east-1"), ("222222222222", "eu-central-1")])

    def test_an_entry_narrows_its_policy(self):
        policy = self.configure("a", {"shStandardSettings": [
            {"standardIdentifier": FSBP, "targetState": "ENABLED", "policyScope": NO_NONPROD},
            {"standardIdentifier": CIS, "targetState": "ENABLED",
             "policyScope": {"regionScope": {"exclude": "us-east-1"}}}]},
            {"accountScope": {"exclude": {"ouName": "Shop"}}})
        states = self.states()
        self.assertEqual(states["111111111111", "eu-central-1"]["standards"], {})
        self.assertEqual(states["222222222222", "eu-central-1"]["standards"], {CIS: [policy]})
        self.assertEqual(states["222222222222", "us-east-1"]["standards"], {})

    def test_arns_of_the_older_generation_are_the_same_standard(self):
        self.standard("a", "arn:aws:securityhub:${region}::" + FSBP)
        self.standard("b", FSBP)
        (state, *_) = self.states().values()
        self.assertEqual(list(state["standards"]), [FSBP])
        self.assertEqual(len(state["standards"][FSBP]), 2)

    def test_wildcards_are_resolved_by_a_list_of_controls(self):
        self.switches("a", "3.*", identifier=CIS)
        self.standard("b", CIS)
        (state, *_) = self.states().values()
        self.assertEqual(list(state["controlSwitches"]), [f"{CIS}/3.*"])
        self.assertIn("[unresolved_wildcard]", self.stderr)
        controls = self.write("controls.json", {"standards": {
            "cis-aws-foundations-benchmark/v/1.2.0": {"1.3": [], "3.1": [], "3.14": []}}})
        (state, *_) = self.states("--controls", controls).values()
        self.assertEqual(list(state["controlSwitches"]), [f"{CIS}/3.1", f"{CIS}/3.14"])
        self.assertEqual(self.stderr, "")

    def test_a_comment_is_told(self):
        self.standard("a")
        self.switches("b", "IAM.6", "see ticket 4711")
        (state, *_) = self.states().values()
        self.assertEqual(list(state["controlSwitches"]), [f"{FSBP}/IAM.6"])
        self.assertIn("[no_control_id]", self.stderr)


class Problems(PlanTest):
    def test_conflicts_name_both(self):
        for kind, make in (("config", lambda n, x: self.config_rule(n, sourceIdentifier=x)),
                           ("event", lambda n, x: self.event_rule(n, rule="r", pattern={"source": [x]})),
                           ("standard", lambda n, x: self.standard(n, state=x))):
            with self.subTest(kind):
                shutil.rmtree(self.folder / "policies", ignore_errors=True)
                one, other = make("one", "ENABLED"), make("two", "DISABLED")
                self.refused("plan_conflict")
                self.assertIn(f'"{one}" and "{other}"', self.stderr)
                self.assertIn("account 111111111111, region eu-central-1", self.stderr)

    def test_the_order_of_keys_is_no_conflict(self):
        self.event_rule("one", rule="r", pattern={"source": ["aws.ec2"], "detail": {"a": ["b"], "c": [1]}})
        self.event_rule("two", rule="r", pattern={"detail": {"c": [1], "a": ["b"]}, "source": ["aws.ec2"]})
        for name, value in (("one", {"ValueType": "CUSTOM", "Value": {"Integer": 16}}),
                            ("two", {"Value": {"Integer": 16}, "ValueType": "CUSTOM"})):
            self.configure(name, {"shControlSettings": [{"controlId": "IAM.7", "parameters": {"Length": value}}]})
            self.config_rule(name, inputParameters=json.dumps({"a": "1", "b": "2"} if name == "one" else
                                                              {"b": "2", "a": "1"}))
        self.run_plan()
        self.assertNotIn("[plan_conflict]", self.stderr)

    def test_no_conflict_where_scopes_are_disjoint(self):
        self.config_rule("one", NO_NONPROD, sourceIdentifier="A")
        self.config_rule("two", {"accountScope": {"exclude": {"accountTags": {"environment": "prod"}}}},
                         sourceIdentifier="B")
        self.assertEqual([list(s["configRules"].values()) for s in self.states().values()],
                         [[["10_configure/config_rules/one"]]] * 2 + [[["10_configure/config_rules/two"]]] * 2)

    def test_other_words_are_a_warning(self):
        self.config_rule("one", configRuleDescription="A")
        self.config_rule("two", configRuleDescription="B")
        self.run_plan()
        self.assertIn("[plan_words_differ]", self.stderr)

    def test_what_aws_refuses(self):
        for code, make in (
            ("too_long_for_aws", lambda: self.event_rule("a", rule="x" * 58)),  # and "semper-"
            ("too_long_for_aws", lambda: self.event_rule("a", eventDescription="x" * 513)),
            ("too_long_for_aws", lambda: self.event_rule("a", pattern={"source": ["x" * 4096]})),
            ("too_long_for_aws", lambda: self.config_rule("a", rule="x" * 122)),
            ("too_long_for_aws", lambda: self.config_rule("a", configRuleDescription="x" * 257)),
            ("too_long_for_aws", lambda: self.config_rule("a", inputParameters=json.dumps({"x": "y" * 1020}))),
            ("too_many_for_aws", lambda: self.config_rule("a", complianceResourceTypes=["T"] * 101)),
            ("bad_name_for_aws", lambda: self.event_rule("a", rule="a b")),
            ("bad_name_for_aws", lambda: self.event_rule("a", rule="ä")),
            ("unknown_to_aws", lambda: self.config_rule("a", sourceDetails=[{"messageType": "Now"}])),
            ("no_trigger", lambda: self.config_rule("a", sourceOwner="CUSTOM_LAMBDA")),
            ("frequency_without_schedule", lambda: self.config_rule("a", sourceOwner="CUSTOM_LAMBDA", sourceDetails=[
                {"messageType": "ConfigurationItemChangeNotification", "maximumExecutionFrequency": "One_Hour"}])),
            ("unknown_comparator", lambda: self.event_rule("a", pattern={"source": [{"contains": "x"}]})),
        ):
            with self.subTest(code):
                shutil.rmtree(self.folder / "policies", ignore_errors=True)
                make()
                self.refused(code)

    def test_what_aws_just_takes(self):
        self.event_rule("a", rule="x" * 57, eventDescription="ä" * 512)
        self.config_rule("b", rule="x" * 121, configRuleDescription="ä" * 256)
        self.run_plan()
        self.assertEqual(self.stderr, "")

    def test_control_parameters(self):
        for good, entry in (
            (True, {"controlId": "IAM.7", "parameters": {"P": {"ValueType": "DEFAULT"}}, "updateReason": "Ä b_c-1"}),
            (False, {"controlId": "IAM.7", "parameters": {"P": {"ValueType": "DEFAULT"}}, "updateReason": "It's"}),
            (False, {"controlId": "1.5", "parameters": {"P": {"ValueType": "DEFAULT"}}}),
            (False, {"controlId": "IAM.7", "parameters": {"P": {"ValueType": "CUSTOM", "Value": 16}}}),
            (False, {"controlId": "IAM.7", "parameters": {"P": {"ValueType": "CUSTOM", "Value": {"Number": 16}}}}),
        ):
            with self.subTest(entry):
                self.configure("a", {"shControlSettings": [entry]})
                self.run_plan(code=0 if good else 2)

    def test_counts(self):
        for number in range(31):
            self.event_rule(f"w{number:02}", pattern={"source": [{"wildcard": "a*b"}]})
        self.refused("wildcard_rules")
        (self.folder / "policies/10_configure/event_rules/w30.json").unlink()
        self.run_plan()
        self.assertEqual(self.stderr, "")
        for number in range(71):
            self.event_rule(f"r{number:03}")
        self.run_plan(regions="eu-south-1")  # 101 rules, 100 by default there
        self.assertIn("[event_rules_quota]", self.stderr)
        self.run_plan()
        self.assertEqual(self.stderr, "")
        for number in range(71, 271):
            self.event_rule(f"r{number:03}")
        self.run_plan()
        self.assertIn("301 rules on one bus; AWS takes 300", self.stderr)

    def test_controls_per_request(self):
        self.standard("a")
        self.switches("b", *(f"EC2.{n}" for n in range(1, 102)))
        self.run_plan()
        self.assertIn("[controls_per_request]", self.stderr)

    def test_quotas_that_can_be_raised_are_warnings(self):
        self.event_rule("a", pattern={"source": ["x" * 3000]})
        self.event_rule("b", pattern={"x": [{"numeric": [">", 6e9]}]})
        self.run_plan()
        self.assertIn("[event_pattern_quota]", self.stderr)
        self.assertIn("[event_number_range]", self.stderr)

    def test_global_events_outside_us_east_1(self):
        for pattern in ({"detail-type": ["AWS Console Sign In via CloudTrail"]},
                        {"source": ["aws.organizations"]},
                        {"detail": {"eventSource": ["ec2.amazonaws.com", "iam.amazonaws.com"]}},
                        {"detail": {"eventSource": [{"equals-ignore-case": "IAM.amazonaws.com"}]}},
                        {"detail": {"eventSource": [{"prefix": "iam."}]}},
                        {"detail": {"eventSource": [{"suffix": "signin.amazonaws.com"}]}},
                        {"source": [{"prefix": {"equals-ignore-case": "AWS.IAM"}}]},
                        {"detail-type": [{"prefix": "AWS Console Sign"}]},
                        {"$or": [{"source": ["aws.iam"]}, {"source": ["aws.ec2"]}]}):
            with self.subTest(pattern):
                self.event_rule("a", pattern=pattern)
                self.run_plan(regions="eu-central-1")
                self.assertIn("[blind_sensor]", self.stderr)
                self.run_plan(regions="eu-central-1,us-east-1")
                self.assertEqual(self.stderr, "")
                self.event_rule("a", {"regionScope": {"forceInclude": "us-east-1"}}, pattern=pattern)
                self.run_plan(regions="eu-central-1")
                self.assertEqual(self.stderr, "")
        for pattern in ({"source": ["aws.s3"]}, {"source": [{"anything-but": "aws.iam"}]}, {"source": [{"prefix": "aws."}]},
                        {"detail": {"eventSource": [{"suffix": ".amazonaws.com"}]}}, {"detail-type": [{"prefix": "AWS "}]}):
            with self.subTest(pattern):
                self.event_rule("a", pattern=pattern)
                self.run_plan(regions="eu-central-1")
                self.assertEqual(self.stderr, "")

    def test_unknown_accounts_are_not_left_out_silently(self):
        needs = self.config_rule("a", NO_NONPROD)
        everywhere = self.event_rule("b")
        self.event_rule("c", {"accountScope": {"exclude": "*", "forceInclude": {"accountId": "444444444444"}}})
        states = self.states("--unknown-accounts", "333333333333", regions="eu-central-1")
        state = states["333333333333", "eu-central-1"]
        self.assertEqual(state["undetermined"], [needs])
        self.assertEqual(state["configRules"], {})
        self.assertEqual(state["eventRules"], {"semper-b": [everywhere]})
        self.assertNotIn("undetermined", states["111111111111", "eu-central-1"])
        self.assertIn("[undetermined_scope]", self.stderr)
        self.assertRegex(self.stderr, r"444444444444.*\[unknown_account\]")

    def test_policies_that_do_not_load(self):
        self.event_rule("a")
        self.event_rule("b", pattern={"source": "x"})
        self.refused("leaf_not_list")

    def test_names_that_lead_elsewhere_are_refused(self):
        self.event_rule("a", {"regionScope": {"forceInclude": "../../x"}})
        self.refused("bad_region")
        self.run_plan(accounts=[{"accountId": "../x"}], code=1)
        self.assertIn("no account id", self.stderr)

    def test_wrong_usage(self):
        self.event_rule("a")
        self.run_plan(regions=",", code=1)
        self.run_plan("--unknown-accounts", "4711", code=1)
        self.run_plan(accounts="[", code=1)
        self.run_plan("--controls", self.write("c.json", "{}"), code=1)
        self.run_plan(accounts=ACCOUNTS + ACCOUNTS, code=1)
        self.run_plan(accounts=[{"accountId": "4711"}], code=1)
        self.assertIn('accounts.json: "4711" is no account id', self.stderr)

    def test_accounts_in_every_form(self):
        self.config_rule("a", NO_NONPROD)
        want = self.run_plan()
        text = "accountId,accountTags.environment\n222222222222,nonprod\n111111111111,prod\n"
        ndjson = "".join(json.dumps(account) + "\n" for account in ACCOUNTS)
        for name, content in (("accounts.csv", text), ("accounts.ndjson", ndjson),
                              ("by_id.json", {account["accountId"]: account for account in ACCOUNTS})):
            path = self.write(name, content)
            self.assertEqual(self.run_command("plan", "--policies", self.folder / "policies", "--accounts", path,
                                              "--regions", "eu-central-1,us-east-1"), want, name)

    def test_regions_by_their_shape(self):
        self.event_rule("a")
        for region in ("eu", "eu-central", "eu-central1", "EU-CENTRAL-1", "eu--central-1", "eu-central-", "eu-central-x"):
            with self.subTest(region):
                self.refused("bad_region", regions=region)
        self.run_plan(regions="eu-central-1,us-gov-west-1,eusc-de-east-1")


class Templates(PlanTest):
    def files(self, form, *arguments, **options):
        lines = [json.loads(line) for line in
                 self.run_plan("--format", form, *arguments, **options).splitlines()]
        return {line["path"]: line["content"] for line in lines}

    def everything(self):
        self.config_rule("managed", rule="managed", configRuleDescription="${aws} {{x}}",
                         complianceResourceTypes=["AWS::S3::Bucket"], inputParameters="{\"a\": \"${b}\"}",
                         sourceDetails=[{"messageType": "ScheduledNotification",
                                         "maximumExecutionFrequency": "One_Hour"}])
        self.config_rule("custom", rule="custom", sourceOwner="CUSTOM_LAMBDA", sourceIdentifier="check",
                         sourceDetails=[{"messageType": "ConfigurationItemChangeNotification"}])
        self.event_rule("event", pattern={"detail": {"x": [{"prefix": "%{a}"}, {"exists": False}]}})
        self.standard("on")
        self.standard("off", "standards/pci-dss/v/3.2.1", state="DISABLED")
        self.standard("cis", CIS)
        self.switches("switch", "Macie.2")
        self.switches("numbers", "1.14", identifier=CIS)
        self.switches("unmanaged", "X.1", identifier="standards/other/v/1.0.0")
        self.configure("parameters", {"shControlSettings": [{
            "controlId": "IAM.7", "updateReason": "Longer", "parameters": {
                "Length": {"ValueType": "CUSTOM", "Value": {"Integer": 16}},
                "List": {"ValueType": "CUSTOM", "Value": {"StringList": ["${a}"]}}}}]})

    def test_cloudformation(self):
        self.everything()
        files = self.files("cloudformation", regions="eu-central-1")
        self.assertEqual(list(files), [f"{n * 12}/eu-central-1.template.json" for n in "12"])
        template = files["111111111111/eu-central-1.template.json"]
        by_type = {}
        for resource in template["Resources"].values():
            by_type.setdefault(resource["Type"], []).append(resource)
        self.assertEqual({t: len(r) for t, r in by_type.items()}, {
            "AWS::Config::ConfigRule": 2, "AWS::Events::Rule": 1, "AWS::SecurityHub::Standard": 2,
            "AWS::SecurityHub::SecurityControl": 1})
        custom, managed = (r["Properties"] for r in by_type["AWS::Config::ConfigRule"])
        self.assertEqual(managed["MaximumExecutionFrequency"], "One_Hour")
        self.assertEqual(managed["Source"], {"Owner": "AWS", "SourceIdentifier": "X"})
        self.assertEqual(managed["InputParameters"], {"a": "${b}"})
        self.assertEqual(custom["Source"]["SourceIdentifier"], {"Fn::Sub":
                         "arn:${AWS::Partition}:lambda:${AWS::Region}:${LambdaAccountId}:function:check"})
        self.assertEqual(template["Parameters"]["LambdaAccountId"]["Default"], "111111111111")
        event = by_type["AWS::Events::Rule"][0]
        self.assertEqual(event["Properties"]["Targets"], [{
            "Id": "central-event-bus", "Arn": {"Ref": "CentralEventBusArn"},
            "RoleArn": {"Ref": "CentralEventBusRoleArn"}}])
        self.assertEqual(event["Metadata"], {"SemperPolicies": ["10_configure/event_rules/event"]})
        cis, fsbp = (r["Properties"] for r in by_type["AWS::SecurityHub::Standard"])
        self.assertEqual(cis["StandardsArn"], "arn:aws:securityhub:::" + CIS)
        self.assertEqual(cis["DisabledStandardsControls"], [{
            "StandardsControlArn": "arn:aws:securityhub:eu-central-1:111111111111:control/"
                                   "cis-aws-foundations-benchmark/v/1.2.0/1.14", "Reason": "Not used"}])
        self.assertEqual(fsbp["StandardsArn"], "arn:aws:securityhub:eu-central-1::" + FSBP)
        self.assertEqual([n["key"] for n in template["Metadata"]["Semper"]["notApplied"]],
                         ["standards/pci-dss/v/3.2.1", "standards/other/v/1.0.0/X.1"])
        self.assertIn("[unplanned_standard]", self.stderr)

    def test_a_template_names_controls_as_their_standard_does(self):
        self.standard("a", CIS)
        self.switches("b", "IAM.6", "1.14", "1.5", identifier=CIS)

        def disabled(*arguments):
            (template,) = self.files("cloudformation", *arguments, accounts=ACCOUNTS[:1], regions="eu-central-1").values()
            (standard,) = template["Resources"].values()
            controls = [one["StandardsControlArn"].rsplit("/", 1)[1]
                        for one in standard["Properties"]["DisabledStandardsControls"]]
            return controls, template["Metadata"]["Semper"].get("notApplied", [])
        controls, left_out = disabled()
        self.assertEqual((controls, [one["key"] for one in left_out]), (["1.14", "1.5"], [f"{CIS}/IAM.6"]))
        self.assertIn("ids of its own", left_out[0]["why"])
        ids = self.write("ids.json", {"standards": {CIS: {"1.13": ["IAM.9", "IAM.6"], "1.14": ["IAM.6"]}}})
        self.assertEqual(disabled("--controls", ids), (["1.14", "1.5"], []))
        self.switches("b", "IAM.6", identifier=CIS)
        self.assertEqual(disabled("--controls", ids), (["1.14"], []))

    def test_cfn_lint(self):
        cfn_lint = shutil.which("cfn-lint", path=str(ROOT / ".venv/bin")) or shutil.which("cfn-lint")
        if cfn_lint is None or subprocess.run([cfn_lint, "--version"], capture_output=True,
                                              check=False).returncode != 0:
            self.skipTest("cfn-lint is not installed; script/setup installs it")
        self.everything()
        self.run_plan("--format", "cloudformation", "--out", self.folder / "out", regions="eu-central-1")
        # A template of an account with everything, and one of an account with nothing.
        (self.folder / "policies/10_configure").rename(self.folder / "gone")
        (self.folder / "policies/10_configure").mkdir()
        self.run_plan("--format", "cloudformation", "--out", self.folder / "empty", regions="eu-central-1")
        templates = [self.folder / "out/111111111111/eu-central-1.template.json",
                     self.folder / "empty/111111111111/eu-central-1.template.json",
                     ROOT / "tests/golden/plan/eu-central-1.template.json"]
        result = subprocess.run([cfn_lint, *map(str, templates)], capture_output=True, timeout=300, check=False)
        self.assertEqual((result.returncode, result.stdout), (0, b""), result.stderr[-2000:])

    def test_a_template_has_at_most_500_resources(self):
        for number in range(501):
            self.config_rule(f"r{number:03}", rule=f"r{number:03}")
        files = self.files("cloudformation", regions="eu-central-1", accounts=ACCOUNTS[:1])
        self.assertEqual({path: len(content["Resources"]) for path, content in files.items()}, {
            "222222222222/eu-central-1.template.json": 500, "222222222222/eu-central-1-2.template.json": 1})

    def test_names_that_differ_in_signs_only_stay_apart(self):
        self.event_rule("a", rule="a-b")
        self.event_rule("b", rule="a_b")
        (template, *_) = self.files("cloudformation").values()
        self.assertEqual(len(template["Resources"]), 2)
        (module, *_) = self.files("terraform").values()
        self.assertEqual(len(module["resource"]["aws_cloudwatch_event_rule"]), 2)

    def test_terraform(self):
        self.everything()
        files = self.files("terraform", regions="eu-central-1")
        self.assertEqual(list(files), [f"{n * 12}/eu-central-1/main.tf.json" for n in "12"])
        module = files["111111111111/eu-central-1/main.tf.json"]
        self.assertEqual(module["provider"]["aws"], {"region": "eu-central-1",
                                                     "allowed_account_ids": ["111111111111"]})
        resources = module["resource"]
        self.assertEqual({kind: len(named) for kind, named in resources.items()}, {
            "aws_cloudwatch_event_rule": 1, "aws_cloudwatch_event_target": 1, "aws_config_config_rule": 2,
            "aws_securityhub_standards_control": 1, "aws_securityhub_standards_control_association": 2,
            "aws_securityhub_standards_subscription": 2, "awscc_securityhub_security_control": 1})
        custom, managed = resources["aws_config_config_rule"].values()
        # Every string is a template: what looks like one is escaped.
        self.assertEqual(managed["description"], "$${aws} {{x}}")
        self.assertEqual(managed["input_parameters"], '{"a":"$${b}"}')
        self.assertEqual(custom["source"]["source_identifier"],
                         "arn:aws:lambda:eu-central-1:${var.lambda_account_id}:function:check")
        ((name, rule),) = resources["aws_cloudwatch_event_rule"].items()
        self.assertIn("%%{a}", rule["event_pattern"])
        (target,) = resources["aws_cloudwatch_event_target"].values()
        self.assertEqual(target["rule"], f"${{aws_cloudwatch_event_rule.{name}.name}}")
        self.assertEqual(target["arn"], "${var.central_event_bus_arn}")
        (control,) = resources["aws_securityhub_standards_control"].values()
        self.assertEqual((control["control_status"], control["disabled_reason"]), ("DISABLED", "Not used"))
        (dependency,) = control["depends_on"]
        self.assertIn(dependency.split(".")[1], resources["aws_securityhub_standards_subscription"])
        (parameters,) = resources["awscc_securityhub_security_control"].values()
        self.assertEqual(parameters["parameters"], {
            "Length": {"value_type": "CUSTOM", "value": {"integer": 16}},
            "List": {"value_type": "CUSTOM", "value": {"string_list": ["$${a}"]}}})
        self.assertEqual([n["key"] for n in module["//"]["notApplied"]], ["standards/pci-dss/v/3.2.1"])

    def test_partitions(self):
        self.standard("a")
        self.assertIn('"arn:aws-cn:securityhub:cn-north-1::standards/',
                      json.dumps(self.files("terraform", regions="cn-north-1")))
        self.assertIn('"arn:aws-us-gov:securityhub:us-gov-west-1::standards/',
                      json.dumps(self.files("cloudformation", regions="us-gov-west-1")))

    def test_out(self):
        self.event_rule("a")
        for form, path in (("json", "plan.json"), ("terraform", "111111111111/us-east-1/main.tf.json"),
                           ("cloudformation", "222222222222/us-east-1.template.json")):
            out = self.folder / form
            self.assertEqual(self.run_plan("--format", form, "--out", out), b"")
            json.loads((out / path).read_bytes())
        self.assertEqual((self.folder / "json/plan.json").read_bytes(), self.run_plan())
        self.run_plan("--out", self.folder / "json", code=1)  # what is old would be applied, too
        self.assertIn("not empty", self.stderr)
        self.run_plan("--out", self.folder / "accounts.json/x", code=1)


class Difference(PlanTest):
    def difference(self, old, *arguments, **options):
        path = self.folder / "old.json"
        path.write_bytes(old)
        lines = self.run_plan("--diff", path, *arguments, **options).splitlines()
        return [json.loads(line) for line in lines]

    def test_what_a_change_adds_changes_and_removes(self):
        self.config_rule("changed", rule="changed", sourceIdentifier="A")
        self.config_rule("gone", rule="gone")
        self.event_rule("same")
        old = self.run_plan()
        self.assertEqual(self.difference(old), [])
        self.config_rule("changed", rule="changed", sourceIdentifier="B")
        (self.folder / "policies/10_configure/config_rules/gone.json").unlink()
        self.standard("added", scope=NO_NONPROD)
        changes = self.difference(old)
        mine = [c for c in changes if (c["account"], c["region"]) == ("111111111111", "us-east-1")]
        self.assertEqual([(c["change"], c["part"], c["key"]) for c in mine], [
            ("change", "configRules", "semper-changed"), ("remove", "configRules", "semper-gone"),
            ("add", "standards", FSBP)])
        self.assertEqual((mine[0]["from"]["sourceIdentifier"], mine[0]["to"]["sourceIdentifier"]), ("A", "B"))
        self.assertEqual(mine[1]["policies"], ["10_configure/config_rules/gone"])
        self.assertNotIn("to", mine[1])
        self.assertEqual(len(changes), 2 * 3 + 2 * 2)

    def test_accounts_that_come_move_and_go(self):
        self.event_rule("a", NO_NONPROD)
        self.event_rule("b")
        old = self.run_plan(regions="eu-central-1")
        accounts = [{"accountId": "222222222222", "accountTags": {"environment": "prod"}},
                    {"accountId": "333333333333"}]
        changes = self.difference(old, accounts=accounts, regions="eu-central-1")
        self.assertEqual([(c["account"][0], c["change"], c["key"]) for c in changes], [
            ("1", "remove", "semper-a"), ("1", "remove", "semper-b"), ("2", "add", "semper-a"),
            ("3", "add", "semper-a"), ("3", "add", "semper-b")])
        changes = self.difference(old, "--unknown-accounts", "333333333333", regions="eu-central-1")
        self.assertEqual([(c["account"][0], c["change"], c["part"]) for c in changes], [
            ("3", "add", "eventRules"), ("3", "add", "undetermined")])

    def test_a_reformatted_plan(self):
        self.event_rule("a", pattern={"source": ["ä\n"]})
        old = json.loads(self.run_plan())
        for text in (json.dumps(old, ensure_ascii=False), json.dumps(old, indent=2, ensure_ascii=False)):
            self.assertEqual(self.difference(text.encode()), [])

    def test_what_is_no_plan(self):
        self.event_rule("a")
        old = self.run_plan()
        for text in (b"", b"{}", b"[1", b'{"plan":2}', b'{"plan":1,"definitions":[1],"states":[]}', old[:-5],
                     old.replace(b'"account"', b'"accnt"')):
            with self.subTest(text[:40]):
                (self.folder / "old.json").write_bytes(text)
                self.run_plan("--diff", self.folder / "old.json", code=1)
                self.assertIn("old.json", self.stderr)


if __name__ == "__main__":
    main()
