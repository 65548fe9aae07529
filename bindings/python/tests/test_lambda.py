"""The Lambda function of examples/python/lambda against moto."""

from __future__ import annotations

import importlib.util
import json

import pytest
from conftest import EXAMPLES, make_event

boto3 = pytest.importorskip("boto3")
moto = pytest.importorskip("moto")

REGION = "us-east-1"
POLICIES = {
    "20_filtering/cloudtrail_api_calls/sandbox": {
        "filtering": {
            "policyScope": {
                "accountScope": {
                    "exclude": "*",
                    "forceInclude": {
                        "accountTags": {"environment": "sandbox"},
                        "ouNameWithPath": ["Root/Labs"],
                    },
                }
            },
            "findingPattern": {"detail": {"eventName": ["DeleteRole"]}},
        }
    },
    "30_extension/fan-out": {
        "extension": {
            "findingPattern": {"detail": {"eventName": ["CreateUser", "Unsendable"]}},
            "extensionBlock": {
                "sqsFanOut": {"sqsName": "owners", "owner": "${accountContext.accountName}"}
            },
        }
    },
    "30_extension/hub": {
        "extension": {
            "findingPattern": {"detail": {"eventName": ["CreateUser"]}},
            "extensionBlock": {
                "sendToSecurityHub": {
                    "findingTitle": "A user was created",
                    "findingDescription": "by somebody",
                    "findingSeverity": 70,
                }
            },
        }
    },
}


@pytest.fixture
def aws(monkeypatch):
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN"):
        monkeypatch.setenv(f"AWS_{name}", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with moto.mock_aws():
        yield


@pytest.fixture
def sandbox(aws) -> str:
    """An account in an organizational unit, with tags; its id."""
    organizations = boto3.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    root = organizations.list_roots()["Roots"][0]["Id"]
    unit = organizations.create_organizational_unit(ParentId=root, Name="Labs")
    made = organizations.create_account(AccountName="lab", Email="lab@example.com")
    account = made["CreateAccountStatus"]["AccountId"]
    organizations.move_account(
        AccountId=account,
        SourceParentId=root,
        DestinationParentId=unit["OrganizationalUnit"]["Id"],
    )
    organizations.tag_resource(
        ResourceId=account, Tags=[{"Key": "environment", "Value": "sandbox"}]
    )
    return account


@pytest.fixture
def function(sandbox, tmp_path, monkeypatch):
    for id, policy in POLICIES.items():
        file = tmp_path / f"{id}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(policy))
    siem = boto3.client("sqs").create_queue(QueueName="siem")["QueueUrl"]
    boto3.client("sqs").create_queue(QueueName="owners")
    boto3.client("securityhub").enable_security_hub()
    monkeypatch.setenv("SEMPER_POLICIES", str(tmp_path))
    monkeypatch.setenv("SIEM_QUEUE_URL", siem)
    spec = importlib.util.spec_from_file_location(
        "handler", EXAMPLES / "python" / "lambda" / "handler.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    module.policies().close()
    module.policies.cache_clear()


def messages(name: str) -> list[dict]:
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    found = []
    while batch := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found += [json.loads(message["Body"]) for message in batch]
        for message in batch:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


def hub_findings() -> list[dict]:
    return boto3.client("securityhub").get_findings()["Findings"]


def from_queue(*bodies: str) -> dict:
    return {
        "Records": [
            {
                "messageId": f"message-{number}",
                "receiptHandle": "x",
                "body": body,
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:findings",
            }
            for number, body in enumerate(bodies)
        ]
    }


def text(name: str, account: str) -> str:
    return json.dumps(make_event(name, account))


def test_the_context_comes_from_organizations(function, sandbox):
    (context,) = function.Organizations().lookup((sandbox,)).values()
    assert context["accountName"] == "lab" and context["accountStatus"] == "ACTIVE"
    assert context["accountTags"] == {"environment": "sandbox"}
    assert context["ouName"] == "Labs" and context["ouNameWithPath"] == "Root/Labs"
    organization, root, unit = context["ouIdWithPath"].split("/")
    assert organization.startswith("o-") and root.startswith("r-")
    assert unit == context["ouId"]
    answers = function.Organizations().lookup(("999999999999",))
    assert answers == {"999999999999": None}


def test_a_queue(function, sandbox):
    event = from_queue(
        text("DeleteRole", sandbox),
        text("DeleteRole", "999999999999"),
        text("CreateUser", sandbox),
        "no json",
    )
    assert function.handler(event) == {"batchItemFailures": []}
    # The sandbox may delete its roles; nobody knows the other account.
    siem = messages("siem")
    assert [record["verdict"]["decision"] for record in siem] == ["relevant"] * 3
    assert {record["normalized"]["accountId"] for record in siem[:2]} == {sandbox, "999999999999"}
    (owners,) = messages("owners")
    assert owners["instructions"]["owner"] == "lab"
    assert owners["record"]["finding"]["raw"]["detail"]["eventName"] == "CreateUser"
    (finding,) = hub_findings()
    assert finding["Title"] == "A user was created" and finding["AwsAccountId"] == sandbox


def test_what_cannot_be_sent_stays_in_the_queue(function, sandbox):
    sqs = boto3.client("sqs")
    sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName="owners")["QueueUrl"])
    event = from_queue(
        text("PutRolePolicy", sandbox), text("Unsendable", sandbox), text("PutRolePolicy", sandbox)
    )
    assert function.handler(event) == {"batchItemFailures": [{"itemIdentifier": "message-1"}]}
    assert len(messages("siem")) == 3


def test_all_fails_where_the_siem_is_gone(function, sandbox, monkeypatch):
    monkeypatch.setenv("SIEM_QUEUE_URL", "https://sqs.us-east-1.amazonaws.com/123456789012/no")
    event = from_queue(text("PutRolePolicy", sandbox), text("DeleteRole", sandbox))
    # Of the second nothing was to be sent.
    assert function.handler(event) == {"batchItemFailures": [{"itemIdentifier": "message-0"}]}


def test_a_topic(function, sandbox):
    notification = {"Type": "Notification", "MessageId": "1", "TopicArn": "arn:aws:sns:x:1:y"}
    notification["Message"] = text("PutRolePolicy", sandbox)
    event = {"Records": [{"EventSource": "aws:sns", "EventVersion": "1.0", "Sns": notification}]}
    assert function.handler(event) == {"batchItemFailures": []}
    (record,) = messages("siem")
    assert record["normalized"]["accountName"] == "lab"


def test_a_rule(function, sandbox):
    assert function.handler(make_event("CreateUser", sandbox)) == {"batchItemFailures": []}
    assert len(messages("siem")) == len(messages("owners")) == len(hub_findings()) == 1


def test_a_rule_is_repeated_where_something_was_not_sent(function, sandbox, monkeypatch):
    monkeypatch.setenv("SIEM_QUEUE_URL", "https://sqs.us-east-1.amazonaws.com/123456789012/no")
    with pytest.raises(RuntimeError, match="1 of 1 events were not sent on"):
        function.handler(make_event("PutRolePolicy", sandbox))
