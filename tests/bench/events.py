"""Events to measure with: real ones from ../shared/data beside the repository where that is there,
generated ones else."""

import json
import random

import words

DETAIL_TYPES = {
    "AwsApiCall": "AWS API Call via CloudTrail",
    "AwsServiceEvent": "AWS Service Event via CloudTrail",
    "AwsConsoleSignIn": "AWS Console Sign In via CloudTrail",
    "AwsConsoleAction": "AWS Console Action via CloudTrail",
}


def dump(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def read_lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def wrap(record):
    """A raw CloudTrail record as EventBridge delivers it."""
    return {
        "version": "0",
        "id": record.get("eventID", "00000000-0000-0000-0000-000000000000"),
        "detail-type": DETAIL_TYPES.get(record.get("eventType"), DETAIL_TYPES["AwsApiCall"]),
        "source": "aws." + record.get("eventSource", "aws").split(".")[0],
        "account": record.get("recipientAccountId", words.EVENT_ACCOUNTS[0]),
        "time": record.get("eventTime", "2024-01-01T00:00:00Z"),
        "region": record.get("awsRegion", "us-east-1"),
        "resources": [],
        "detail": record,
    }


def generated_cloudtrail(count, rng):
    def hexadecimal(digits):
        return f"{rng.getrandbits(4 * digits):0{digits}x}"

    for number in range(count):
        service, name = rng.choice(words.CALLS)
        account = rng.choice(words.EVENT_ACCOUNTS)
        role = f"{rng.choice(words.TEAMS)}-{rng.choice(words.TASKS)}"
        region = rng.choice(words.REGIONS)
        record = {
            "eventVersion": "1.09",
            "userIdentity": {
                "type": "AssumedRole",
                "principalId": f"AROA{hexadecimal(16).upper()}:session-{number}",
                "arn": f"arn:aws:sts::{account}:assumed-role/{role}/session-{number}",
                "accountId": account,
                "accessKeyId": "ASIAEXAMPLE" + hexadecimal(8).upper(),
                "sessionContext": {
                    "sessionIssuer": {
                        "type": "Role",
                        "principalId": "AROA" + hexadecimal(16).upper(),
                        "arn": f"arn:aws:iam::{account}:role/{role}",
                        "accountId": account,
                        "userName": role,
                    },
                    "webIdFederationData": {},
                    "attributes": {"creationDate": "2024-05-01T10:00:00Z", "mfaAuthenticated": "false"},
                },
            },
            "eventTime": f"2024-05-01T10:{number % 60:02d}:{number // 60 % 60:02d}Z",
            "eventSource": f"{service}.amazonaws.com",
            "eventName": name,
            "awsRegion": region,
            "sourceIPAddress": f"{rng.choice([10, 52, 198])}.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(256)}",
            "userAgent": f"aws-sdk-go/1.44.{number % 200} (go1.19.3; linux; amd64) {role}-tool/{number % 50}.0",
            "requestParameters": {
                "groupId": "sg-" + hexadecimal(17),
                "bucketName": f"{role}-{hexadecimal(8)}",
                "maxResults": rng.randrange(1_000),
                "ipPermissions": {
                    "items": [
                        {"ipProtocol": "tcp", "fromPort": port, "toPort": port, "ipRanges": {"items": [{"cidrIp": "10.0.0.0/8"}]}}
                        for port in rng.sample([22, 80, 443, 3389, 5432, 8080], rng.randrange(1, 3))
                    ]
                },
            },
            "responseElements": {"requestId": hexadecimal(32), "_return": True},
            "additionalEventData": {
                "SignatureVersion": "SigV4",
                "CipherSuite": "ECDHE-RSA-AES128-GCM-SHA256",
                "bytesTransferredIn": rng.randrange(10_000),
                "bytesTransferredOut": rng.randrange(10_000),
            },
            "requestID": hexadecimal(32),
            "eventID": f"{hexadecimal(8)}-{hexadecimal(4)}-{hexadecimal(4)}-{hexadecimal(4)}-{hexadecimal(12)}",
            "readOnly": name.startswith(("Get", "List", "Describe")),
            "resources": [{"accountId": account, "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{role}-{hexadecimal(8)}"}],
            "eventType": "AwsApiCall",
            "managementEvent": True,
            "recipientAccountId": account,
            "eventCategory": "Management",
            "tlsDetails": {"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256", "clientProvidedHostHeader": f"{service}.{region}.amazonaws.com"},
        }
        if rng.random() < 0.2:
            record["errorCode"] = rng.choice(words.ERRORS)
        yield record


def generated_asff(count, rng):
    for number in range(count):
        control = rng.choice(words.CONTROLS)
        account = rng.choice(words.EVENT_ACCOUNTS)
        region = rng.choice(words.REGIONS)
        kind = rng.choice(words.RESOURCE_TYPES)
        severity, label = rng.choice([(1, "INFORMATIONAL"), (30, "LOW"), (50, "MEDIUM"), (70, "HIGH"), (90, "CRITICAL")])
        yield {
            "SchemaVersion": "2018-10-08",
            "Id": f"arn:aws:securityhub:{region}:{account}:security-control/{control}/finding/{number:032x}",
            "ProductArn": f"arn:aws:securityhub:{region}::product/aws/securityhub",
            "ProductName": "Security Hub",
            "CompanyName": "AWS",
            "Region": region,
            "GeneratorId": f"security-control/{control}",
            "AwsAccountId": account,
            "Types": ["Software and Configuration Checks/Industry and Regulatory Standards"],
            "FirstObservedAt": "2024-04-01T08:00:00.000Z",
            "LastObservedAt": "2024-05-01T08:00:00.000Z",
            "CreatedAt": "2024-04-01T08:00:00.000Z",
            "UpdatedAt": "2024-05-01T08:00:00.000Z",
            "Severity": {"Label": label, "Normalized": severity, "Original": label},
            "Title": f"{control} should be configured as the standard demands",
            "Description": f"This control checks whether {kind} is configured as the standard demands. It fails where it is not.",
            "Remediation": {"Recommendation": {"Text": "See the documentation.", "Url": f"https://docs.example.com/console/securityhub/{control}/remediation"}},
            "ProductFields": {"RelatedAWSResources:0/name": f"rule-{number}", "aws/securityhub/ProductName": "Security Hub", "aws/securityhub/CompanyName": "AWS"},
            "Resources": [{"Type": kind, "Id": f"arn:aws:s3:::{rng.choice(words.TEAMS)}-{number:08x}", "Partition": "aws", "Region": region, "Tags": {"team": rng.choice(words.TEAMS)}}],
            "Compliance": {"Status": "FAILED", "SecurityControlId": control, "AssociatedStandards": [{"StandardsId": "standards/aws-foundational-security-best-practices/v/1.0.0"}]},
            "WorkflowState": "NEW",
            "Workflow": {"Status": "NEW"},
            "RecordState": "ACTIVE",
        }


def cloudtrail_records(shared, rng):
    """(records, whether they are real)"""
    if shared is not None and (shared / "cloudtrail.jsonl").exists():
        return read_lines(shared / "cloudtrail.jsonl"), True
    return list(generated_cloudtrail(2_000, rng)), False


def asff_findings(shared, rng):
    if shared is not None and (shared / "asff.jsonl").exists():
        return read_lines(shared / "asff.jsonl"), True
    return list(generated_asff(500, rng)), False


def of_size(values, low, high, count, rng):
    fitting = [value for value in values if low <= len(dump(value).encode()) <= high]
    rng.shuffle(fitting)
    return fitting[:count]


def with_array(size, rng):
    """An event with one list of `size` objects, each with a list of its own."""
    return {
        "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.ec2",
        "detail": {
            "eventName": "AuthorizeSecurityGroupIngress",
            "items": [
                {
                    "protocol": "tcp",
                    "port": 1_024 + rng.randrange(60_000),
                    "name": f"rule-{number}-{rng.choice(words.TEAMS)}",
                    "ranges": [{"cidr": f"10.{rng.randrange(256)}.0.0/16"}, {"cidr": f"192.168.{rng.randrange(256)}.0/24"}],
                }
                for number in range(size)
            ],
        },
    }
