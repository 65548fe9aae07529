"""The event rules of examples/ detect what the metric filters of the CIS AWS Foundations Benchmark
v1.2, section 3, look for, and no more."""

import json
import unittest

import harness

CALLS = {
    "3.4": ("iam", "DeleteGroupPolicy DeleteRolePolicy DeleteUserPolicy PutGroupPolicy "
            "PutRolePolicy PutUserPolicy CreatePolicy DeletePolicy CreatePolicyVersion DeletePolicyVersion "
            "AttachRolePolicy DetachRolePolicy AttachUserPolicy DetachUserPolicy AttachGroupPolicy "
            "DetachGroupPolicy"),
    "3.5": ("cloudtrail", "CreateTrail UpdateTrail DeleteTrail StartLogging StopLogging"),
    "3.7": ("kms", "DisableKey ScheduleKeyDeletion"),
    "3.8": ("s3", "PutBucketAcl PutBucketPolicy PutBucketCors PutBucketLifecycle "
            "PutBucketReplication DeleteBucketPolicy DeleteBucketCors DeleteBucketLifecycle DeleteBucketReplication"),
    "3.9": ("config", "StopConfigurationRecorder DeleteDeliveryChannel PutDeliveryChannel "
            "PutConfigurationRecorder"),
    "3.10": ("ec2", "AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress "
             "RevokeSecurityGroupIngress RevokeSecurityGroupEgress CreateSecurityGroup "
             "DeleteSecurityGroup"),
    "3.11": ("ec2", "CreateNetworkAcl CreateNetworkAclEntry DeleteNetworkAcl DeleteNetworkAclEntry "
             "ReplaceNetworkAclEntry ReplaceNetworkAclAssociation"),
    "3.12": ("ec2", "CreateCustomerGateway DeleteCustomerGateway AttachInternetGateway "
             "CreateInternetGateway DeleteInternetGateway DetachInternetGateway"),
    "3.13": ("ec2", "CreateRoute CreateRouteTable ReplaceRoute ReplaceRouteTableAssociation "
             "DeleteRouteTable DeleteRoute DisassociateRouteTable"),
    "3.14": ("ec2", "CreateVpc DeleteVpc ModifyVpcAttribute AcceptVpcPeeringConnection "
             "CreateVpcPeeringConnection DeleteVpcPeeringConnection RejectVpcPeeringConnection "
             "AttachClassicLinkVpc DetachClassicLinkVpc DisableVpcClassicLink "
             "EnableVpcClassicLink"),
}  # fmt: skip

USER = {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/alice", "userName": "alice"}
ROOT = {"type": "Root", "arn": "arn:aws:iam::111122223333:root"}
SSO = {
    "type": "AssumedRole",
    "arn": "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/alice",
}


def call(service, name, region=None, **fields):
    """A raw CloudTrail record."""
    return {
        "eventVersion": "1.09",
        "userIdentity": USER,
        "eventTime": "2025-11-04T08:00:00Z",
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "awsRegion": region or ("us-east-1" if service in ("iam", "signin") else "eu-central-1"),
        "eventType": "AwsApiCall",
        "recipientAccountId": "111122223333",
        **fields,
    }


def sign_in(mfa, result="Success", **fields):
    return call(
        "signin",
        "ConsoleLogin",
        eventType="AwsConsoleSignIn",
        responseElements={"ConsoleLogin": result},
        **({"additionalEventData": {"MFAUsed": mfa}} if mfa else {}),
        **fields,
    )


def detected(*records):
    """For each record the numbers of the controls that detect it."""
    lines = "\n".join(map(json.dumps, records))
    for record in harness.process(stdin=lines, regions="eu-central-1"):
        rules = [policy for effect, policy in harness.effects(record) if effect == "detect"]
        numbers = {f"3.{int(rule.split('/cis-3.')[1][:2])}" for rule in rules}
        decision = record["verdict"]["decision"]
        assert bool(numbers) == (decision != "no_finding"), (numbers, decision)
        yield numbers


class Cis(unittest.TestCase):
    def check(self, cases):
        for (expected, record), numbers in zip(
            cases, detected(*(record for _, record in cases)), strict=True
        ):
            self.assertEqual(numbers, expected, record)

    def test_every_call(self):
        self.check(
            [
                ({number}, call(service, name))
                for number, (service, names) in CALLS.items()
                for name in names.split()
            ]
        )

    def test_calls_that_only_resemble(self):
        self.check(
            [
                (set(), call("iot", "CreatePolicy")),
                (set(), call("apigateway", "CreateRoute")),
                (set(), call("kms", "EnableKey")),
                (set(), call("s3", "GetBucketPolicy")),
                (set(), call("ec2", "DescribeVpcs")),
            ]
        )

    def test_unauthorized_calls(self):
        self.check(
            [
                ({"3.1"}, call("ec2", "RunInstances", errorCode="Client.UnauthorizedOperation")),
                ({"3.1"}, call("ec2", "RunInstances", errorCode="UnauthorizedOperation")),
                ({"3.1"}, call("s3", "GetObject", errorCode="AccessDenied")),
                ({"3.1"}, call("iam", "GetUser", errorCode="AccessDeniedException")),
                (set(), call("s3", "GetObject", errorCode="NoSuchKey")),
            ]
        )

    def test_sign_in_without_mfa(self):
        self.check(
            [
                ({"3.2"}, sign_in("No")),
                ({"3.2"}, sign_in(None)),
                ({"3.2"}, sign_in("No", region="eu-central-1")),
                (set(), sign_in("Yes")),
                (set(), sign_in("YES")),
                (set(), sign_in("No", userIdentity=SSO)),
            ]
        )

    def test_root(self):
        service = {**ROOT, "invokedBy": "autoscaling.amazonaws.com"}
        self.check(
            [
                ({"3.3"}, call("ec2", "RunInstances", userIdentity=ROOT)),
                ({"3.3"}, call("iam", "GetUser", userIdentity=ROOT)),
                ({"3.3"}, sign_in("Yes", userIdentity=ROOT)),
                ({"3.2", "3.3"}, sign_in("No", userIdentity=ROOT)),
                (set(), call("ec2", "RunInstances", userIdentity=service)),
                (set(), call("ec2", "Anything", userIdentity=ROOT, eventType="AwsServiceEvent")),
            ]
        )

    def test_failed_sign_in(self):
        failed = {"result": "Failure", "errorMessage": "Failed authentication"}
        self.check(
            [
                ({"3.6"}, sign_in("No", **failed)),
                ({"3.6"}, sign_in("Yes", region="eu-central-1", **failed)),
            ]
        )

    def test_regions(self):
        self.check(
            [
                # IAM is global: what another region reports cannot be IAM's.
                (set(), call("iam", "PutUserPolicy", region="eu-central-1")),
                # Not a default region, and the rule adds none.
                (set(), call("kms", "DisableKey", region="us-east-1")),
            ]
        )


if __name__ == "__main__":
    harness.main()
