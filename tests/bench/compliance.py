#!/usr/bin/env python3
"""`semper report` beside `semper process` over the same findings, by turns.

    compliance.py SEMPER REPOSITORY ACCOUNTS [--findings N] [--rounds N] [--work DIRECTORY]

REPOSITORY and ACCOUNTS: of generate.py (repository-1000, accounts.jsonl). The findings are of Security
Hub's newest generation, 2 KB each: 300 controls, 200 accounts, 4 regions, four states of each finding on
average. CPU time, user and system, of one thread; process writes its records to a file."""

import argparse
import json
import pathlib
import random
import resource
import subprocess
import tempfile

REGIONS = ["eu-central-1", "eu-west-1", "us-east-1", "us-west-2"]
STANDARDS = ["standards/aws-foundational-security-best-practices/v/1.0.0",
             "ruleset/cis-aws-foundations-benchmark/v/1.2.0", "standards/nist-800-53/v/5.0.0"]


def finding(number, rng, accounts):
    control = f"{rng.choice(('EC2', 'S3', 'IAM', 'RDS', 'KMS'))}.{rng.randrange(60)}"
    account, region = rng.choice(accounts), rng.choice(REGIONS)
    arn = f"arn:aws:ec2:{region}:{account}:security-group/sg-{number:017x}"
    hour = f"2026-05-{rng.randrange(1, 29):02}T{rng.randrange(24):02}:00:00.{rng.randrange(1000):03}Z"
    label = rng.choice(("LOW", "MEDIUM", "HIGH", "CRITICAL"))
    text = "This control checks whether the resource is configured as the company's standard asks for. " * 3
    return {
        "SchemaVersion": "2018-10-08",
        "Id": f"arn:aws:securityhub:{region}:{account}:security-control/{control}/finding/{number:032x}",
        "ProductArn": f"arn:aws:securityhub:{region}::product/aws/securityhub", "ProductName": "Security Hub",
        "CompanyName": "AWS", "Region": region, "GeneratorId": f"security-control/{control}",
        "AwsAccountId": account, "Types": ["Software and Configuration Checks/Industry and Regulatory Standards"],
        "FirstObservedAt": hour, "LastObservedAt": hour, "CreatedAt": hour, "UpdatedAt": hour,
        "Severity": {"Label": label, "Normalized": 40, "Original": label}, "Title": f"{control} should be in order",
        "Description": text,
        "Remediation": {"Recommendation": {"Text": "For information on how to correct this issue, consult the "
                        "documentation.", "Url": f"https://docs.aws.amazon.com/console/securityhub/{control}/remediation"}},
        "ProductFields": {"RelatedAWSResources:0/name": "securityhub-rule-0f0c5b1e",
                          "RelatedAWSResources:0/type": "AWS::Config::ConfigRule", "Resources:0/Id": arn,
                          "aws/securityhub/ProductName": "Security Hub", "aws/securityhub/CompanyName": "AWS"},
        "Resources": [{"Type": "AwsEc2SecurityGroup", "Id": arn, "Partition": "aws", "Region": region}],
        "Compliance": {"Status": rng.choice(("PASSED", "PASSED", "FAILED")), "SecurityControlId": control,
                       "AssociatedStandards": [{"StandardsId": one} for one in STANDARDS]},
        "WorkflowState": "NEW", "Workflow": {"Status": "NEW"}, "RecordState": "ACTIVE",
        "FindingProviderFields": {"Severity": {"Label": label, "Original": label}, "Types": ["Software"]}}


def cpu_seconds(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryFile() as records:
        subprocess.run(command, check=True, stdout=records, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("semper")
    parser.add_argument("repository")
    parser.add_argument("accounts")
    parser.add_argument("--findings", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--work")
    options = parser.parse_args()
    rng = random.Random(7)
    accounts = [json.loads(line)["accountId"] for line in open(options.accounts)][:200]
    with tempfile.TemporaryDirectory(dir=options.work) as folder:
        path = pathlib.Path(folder, "findings.ndjson")
        with open(path, "w") as file:
            for _ in range(options.findings):
                number = rng.randrange(max(1, options.findings // 4))
                one = finding(number, random.Random(number), accounts)
                one["UpdatedAt"] = f"2026-05-{rng.randrange(1, 29):02}T10:00:00.{rng.randrange(1000):03}Z"
                one["Compliance"]["Status"] = rng.choice(("PASSED", "PASSED", "FAILED"))
                file.write(json.dumps(one, separators=(",", ":")) + "\n")
        common = ["--policies", options.repository, "--accounts", options.accounts, str(path)]
        commands = {
            "process": [options.semper, "process", "--threads", "1", *common],
            "report": [options.semper, "report", "--format", "json", *common],
        }
        size = path.stat().st_size
        print(f"{options.findings} findings, {size >> 20} MiB")
        times = {name: [] for name in commands}
        for _ in range(options.rounds):
            for name, command in commands.items():
                times[name].append(cpu_seconds(command))
        for name, seconds in times.items():
            print(f"{name}: {', '.join(f'{one:.2f} s' for one in seconds)}")
        ratios = sorted(a / b for a, b in zip(times["process"], times["report"]))
        print(f"report's speed of process's: {ratios[len(ratios) // 2]:.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})")


if __name__ == "__main__":
    main()
