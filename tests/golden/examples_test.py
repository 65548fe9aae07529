"""What semper makes of examples/. After a wanted change write the expectation anew with
SEMPER_UPDATE_GOLDEN=1 and read the difference."""

import itertools
import json
import os
import unittest

import harness
from harness import EXAMPLES, GOLDEN, Repository, effects, process

ACCOUNTS = {
    "production": "111122223333",
    "non-production": "222233334444",
    "southbound": "333344445555",
    "no southbound": "444455556666",
}
TAILORING = {
    "vendor recommendations": {
        "production": True, "non-production": False, "southbound": True, "no southbound": False,
    },
    "industry standards": {
        "production": True, "non-production": False, "southbound": True, "no southbound": True,
    },
    "company's own": {
        "production": True, "non-production": True, "southbound": True, "no southbound": False,
    },
}  # fmt: skip
STANDARDS = {
    "vendor-recommendations": "vendor recommendations",
    "industry-standards": "industry standards",
    "company-standard": "company's own",
}


def ordered(value):
    """The value with the order of its keys, which == on dictionaries ignores."""
    return json.dumps(value, ensure_ascii=False)


def asff(account, **fields):
    """A Security Hub finding of one account; `fields` say of which standard."""
    product = "arn:aws:securityhub:eu-central-1::product/aws/securityhub"
    return {
        "SchemaVersion": "2018-10-08",
        "Id": f"arn:aws:securityhub:eu-central-1:{account}:finding/1",
        "ProductArn": product,
        "GeneratorId": "generator",
        "AwsAccountId": account,
        "Region": "eu-central-1",
        "Title": "A control",
        "UpdatedAt": "2025-11-04T06:00:00Z",
        "Severity": {"Label": "MEDIUM"},
        "Resources": [{"Type": "AwsAccount", "Id": f"AWS::::Account:{account}"}],
        "RecordState": "ACTIVE",
        **fields,
    }


def by_arn(arn):
    return {"ProductFields": {"StandardsArn": arn}, "Compliance": {"Status": "FAILED"}}


def consolidated(*standards):
    return {"Compliance": {"AssociatedStandards": [{"StandardsId": name} for name in standards]}}


FSBP = "standards/aws-foundational-security-best-practices/v/1.0.0"
CIS_12 = "ruleset/cis-aws-foundations-benchmark/v/1.2.0"
CIS = "standards/cis-aws-foundations-benchmark/v/1.4.0"
PCI = "standards/pci-dss/v/3.2.1"
OWN = "standards/example-corp-security-standard/v/1.0.0"
OF_ONE_STANDARD = {
    "vendor recommendations": [
        by_arn(f"arn:aws:securityhub:::{FSBP}"),
        by_arn("arn:aws:securityhub::standards/aws-foundational-security-best-practices/v1.0.0"),
        consolidated(FSBP),
    ],
    "industry standards": [
        {"ProductFields": {"StandardsGuideArn": f"arn:aws:securityhub:::{CIS_12}"}},
        by_arn(f"arn:aws:securityhub:::{CIS}"),
        by_arn(f"arn:aws:securityhub:::{PCI}"),
        consolidated(CIS),
        consolidated(PCI, CIS),
    ],
    "company's own": [by_arn(f"arn:aws:securityhub:::{OWN}"), consolidated(OWN)],
}  # fmt: skip


def standard_settings():
    """{standardIdentifier: (row of the table, policyScope)} of 20_standards."""
    folder = EXAMPLES / "policies/10_configure/securityhub/20_standards"
    settings = {}
    for file, row in STANDARDS.items():
        policy = json.loads((folder / f"{file}.json").read_text())
        for setting in policy["configure"]["shStandardSettings"]:
            if setting["targetState"] == "ENABLED":
                settings[setting["standardIdentifier"]] = (row, setting["policyScope"])
    return settings


def scopes_that_hold(scopes, accounts):
    """{accountId: [ids of the scopes that hold]}"""
    with Repository({}) as folder:
        file = folder / "scopes.ndjson"
        file.write_text("\n".join(map(json.dumps, scopes)))
        done = harness.run("scope", "--scopes", file, stdin="\n".join(map(json.dumps, accounts)))
    if done.returncode != 0:
        raise AssertionError(done.stderr.decode())
    lines = map(json.loads, done.stdout.splitlines())
    return {account["accountId"]: ids for account, ids in zip(accounts, lines, strict=True)}


class Slides(unittest.TestCase):
    """The two findings that the slides show, as the slides show them."""

    def check(self, name):
        (record,) = process(EXAMPLES / "events" / f"slide-{name}.json")
        golden = json.loads((GOLDEN / f"slide-{name}.json").read_text())
        self.assertEqual(list(record)[:2], ["finding", "accountContext"])
        for key in golden:
            self.assertEqual(ordered(record[key]), ordered(golden[key]), key)

    def test_cloudtrail(self):
        self.check("cloudtrail")

    def test_securityhub(self):
        self.check("securityhub")


class Tailoring(unittest.TestCase):
    """4 kinds of accounts × 3 kinds of standards, each cell as in the slides."""

    def check(self, standard, kind, applies):
        self.assertEqual(applies, TAILORING[standard][kind], f"{standard} for {kind}")

    def test_standards_are_switched_on_by_the_table(self):
        settings = standard_settings()
        holds = scopes_that_hold(
            [{"id": name, "scope": scope} for name, (_, scope) in settings.items()],
            json.loads((EXAMPLES / "accounts.json").read_text()),
        )
        for kind, account in ACCOUNTS.items():
            for name, (row, _) in settings.items():
                self.check(row, kind, name in holds[account])

    def test_an_account_in_two_columns_needs_a_yes_in_both(self):
        columns = {
            ("environment", "prod"): "production",
            ("environment", "nonprod"): "non-production",
            ("southbound", "true"): "southbound",
            ("southbound", "false"): "no southbound",
        }
        environments, southbounds = list(columns)[:2], list(columns)[2:]
        tags = [(tag,) for tag in columns] + list(itertools.product(environments, southbounds))
        accounts = [{"accountId": f"{i:012}", "accountTags": dict(t)} for i, t in enumerate(tags)]
        for name, (row, scope) in standard_settings().items():
            holds = scopes_that_hold([{"id": name, "scope": scope}], accounts)
            for account, own in zip(accounts, tags, strict=True):
                expected = all(TAILORING[row][columns[tag]] for tag in own)
                self.assertEqual(name in holds[account["accountId"]], expected, (name, own))

    def test_findings_of_a_standard_that_is_tailored_out_are_dropped(self):
        cells = [
            (standard, kind, asff(account, **fields))
            for standard, variants in OF_ONE_STANDARD.items()
            for kind, account in ACCOUNTS.items()
            for fields in variants
        ]
        records = process(stdin="\n".join(json.dumps(finding) for _, _, finding in cells))
        self.assertEqual(len(records), len(cells))
        for (standard, kind, _), record in zip(cells, records):
            decision = record["verdict"]["decision"]
            self.assertIn(decision, ("relevant", "dropped"))
            self.check(standard, kind, decision == "relevant")

    def test_a_finding_of_two_standards_is_dropped_only_if_both_are_tailored_out(self):
        kinds = ("non-production", "no southbound")
        both = [asff(ACCOUNTS[kind], **consolidated(FSBP, CIS)) for kind in kinds]
        records = process(stdin="\n".join(map(json.dumps, both)))
        decisions = [record["verdict"]["decision"] for record in records]
        self.assertEqual(decisions, ["dropped", "relevant"])


def describe(record):
    """The decision about one finding in a few lines, for people."""
    normalized, verdict = record.get("normalized", {}), record["verdict"]
    title = normalized.get("title") or normalized.get("findingName") or "-"
    where = f"{normalized.get('sourceService', '-')} {normalized.get('accountId', '-')}"
    yield f"  {verdict['decision']}: {where} {title}"
    for effect, policy in effects(record):
        yield f"      {effect} {policy}"
    if record.get("extensions"):
        yield f"      extensions {' '.join(record['extensions'])}"
    if verdict.get("context", {}).get("status") == "missing":
        yield "      account context missing"
    for note in verdict.get("notes", []):
        yield f"      note {note['code']}"


class Run(unittest.TestCase):
    def test_the_repository_loads_without_a_warning(self):
        done = harness.run("check", EXAMPLES / "policies")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn(b"0 errors, 0 warnings", done.stdout + done.stderr)

    def test_every_event(self):
        lines = []
        for file in sorted((EXAMPLES / "events").iterdir()):
            lines.append(file.name)
            for record in process(file):
                lines.extend(describe(record))
        actual = "\n".join(lines) + "\n"
        golden = GOLDEN / "examples-run.txt"
        if os.environ.get("SEMPER_UPDATE_GOLDEN"):
            golden.write_text(actual)
        self.assertEqual(actual, golden.read_text())


if __name__ == "__main__":
    harness.main()
