#!/usr/bin/env python3
"""Makes what the figure about `semper plan` is measured on: 300 configure policies, 1,000 accounts.

    plan_scale.py FOLDER [POLICIES] [ACCOUNTS]     writes FOLDER/policies and FOLDER/accounts.json
"""

import json
import pathlib
import sys


def policy(number):
    scope = {"accountScope": {"exclude": {"accountTags": {"team": f"t{number % 50}"}}}}
    if number % 10 == 0:
        scope["regionScope"] = {"exclude": "eu-west-3"}
    if number % 2:
        return "event_rules", {"policyScope": scope, "eventRuleSettings": {
            "eventName": f"rule-{number:04}-detects-a-change", "eventDescription": "A sensor",
            "eventPattern": {"source": ["aws.ec2"], "detail": {"eventName": [f"Call{number}"]}}}}
    return "config_rules", {"policyScope": scope, "configRuleSettings": {
        "configRuleName": f"rule-{number:04}-checks-a-setting", "sourceOwner": "AWS",
        "sourceIdentifier": f"RULE_{number}", "complianceResourceTypes": ["AWS::S3::Bucket"]}}


def main():
    folder = pathlib.Path(sys.argv[1])
    policies, accounts = (int(text) for text in (sys.argv[2:] + ["300", "1000"][len(sys.argv) - 2:]))
    for number in range(policies):
        kind, configure = policy(number)
        path = folder / "policies/10_configure" / kind / f"policy-{number:04}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"configure": configure}))
    (folder / "accounts.json").write_text(json.dumps([
        {"accountId": f"{100000000000 + number}", "accountTags": {"team": f"t{number % 97}"}}
        for number in range(accounts)]))


if __name__ == "__main__":
    main()
