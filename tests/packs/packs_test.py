#!/usr/bin/env python3
"""Every policy of a pack detects its matching examples, and none of the others; as CloudTrail's
record and as EventBridge's event.

    packs_test.py SEMPER"""

import json
import pathlib
import subprocess
import sys
import unittest

BINARY = sys.argv[1]
PACKS = pathlib.Path(__file__).resolve().parents[2] / "share/semper/packs"


def as_event(record):
    kinds = {"AwsConsoleSignIn": "AWS Console Sign In", "AwsServiceEvent": "AWS Service Event"}
    kind = kinds.get(record["eventType"], "AWS API Call")
    return {"version": "0", "id": "7bf73129-1428-4cd3-a780-95db273d1602", "source": "aws.x",
            "detail-type": f"{kind} via CloudTrail", "account": record["recipientAccountId"],
            "time": record["eventTime"], "region": record["awsRegion"], "resources": [], "detail": record}


def detections(pack, events):
    """For each event the names of the policies that detect it."""
    lines = "".join(json.dumps(event) + "\n" for event in events)
    run = subprocess.run([BINARY, "process", "--policies", pack, "--regions", "eu-central-1",
                          "--threads", "1", "--no-findings", "-"],
                         input=lines, capture_output=True, text=True, check=True)
    records = [json.loads(line) for line in run.stdout.splitlines()]
    assert len(records) == len(events), (len(records), len(events))
    return [{hit["id"].rsplit("/", 1)[1] for hit in record["verdict"]["policies"]
             if hit["effect"] == "detect"} for record in records]


class Packs(unittest.TestCase):
    def check_pack(self, name):
        pack = PACKS / name
        policies = {path.stem for path in (pack / "10_configure").rglob("*.json")}
        examples = {path.stem: json.loads(path.read_text()) for path in (pack / "examples").glob("*.json")}
        self.assertEqual(policies, set(examples), "a policy without examples, or the other way round")
        for policy, cases in sorted(examples.items()):
            for kind, wanted in (("match", True), ("noMatch", False)):
                self.assertGreaterEqual(len(cases[kind]), 1, (policy, kind))
                records = cases[kind]
                found = detections(pack, records + [as_event(record) for record in records])
                for record, names in zip(records * 2, found):
                    with self.subTest(policy=policy, kind=kind, record=record):
                        self.assertEqual(policy in names, wanted)
        return policies

    def test_cis_aws(self):
        policies = self.check_pack("cis-aws")
        numbers = {int(name[6:8]) for name in policies if name.startswith("cis-3.")}
        self.assertEqual(numbers, set(range(1, 15)))

    def test_organizations(self):
        self.check_pack("organizations")

    def test_examples_hold_the_same_rules(self):
        """examples/policies stands alone, so that it can be copied; its CIS rules are the pack's."""
        pack = PACKS / "cis-aws/10_configure/event_rules"
        copies = PACKS.parents[2] / "examples/policies/10_configure/event_rules"
        names = sorted(path.name for path in pack.glob("cis-3.*"))
        self.assertEqual(names, sorted(path.name for path in copies.iterdir()))
        for name in names:
            self.assertEqual((pack / name).read_bytes(), (copies / name).read_bytes(), name)

    def test_every_pack_is_tested(self):
        self.assertEqual({path.name for path in PACKS.iterdir()}, {"cis-aws", "organizations"})

    def test_policies_load_without_a_word(self):
        for pack in PACKS.iterdir():
            run = subprocess.run([BINARY, "check", pack], capture_output=True, text=True)
            self.assertEqual((run.returncode, run.stdout), (0, ""))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[2:])
