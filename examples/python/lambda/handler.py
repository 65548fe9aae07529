"""An AWS Lambda function that decides about findings and sends each where its policies say.

Its trigger is a queue (SQS, with ReportBatchItemFailures), a topic (SNS) or a rule (EventBridge).
The environment:

    SEMPER_POLICIES     the directory of the policies in the package; default: policies
    SIEM_QUEUE_URL      where records go that are relevant, or that are no event at all

A finding that an extension policy sends to a queue (sqsFanOut) or to Security Hub
(sendToSecurityHub) goes there, too. Account contexts come from AWS Organizations.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import boto3

import semper

# BatchImportFindings and SendMessageBatch take so many at most.
MOST_FINDINGS = 100
MOST_MESSAGES = 10


class Organizations:
    """Account contexts from AWS Organizations, for the provider `accounts`."""

    def __init__(self, client: Any = None) -> None:
        self.client = client or boto3.client("organizations")

    def lookup(self, keys: semper.Keys) -> dict[str, Mapping[str, Any] | Exception | None]:
        answers: dict[str, Mapping[str, Any] | Exception | None] = {}
        for key in keys:
            try:
                answers[key] = self.account(key)
            except self.client.exceptions.AccountNotFoundException:
                answers[key] = None  # Organizations is sure that it has none
            except Exception as error:  # not known: this key has failed, others may not have
                answers[key] = error
        return answers

    def account(self, account_id: str) -> Mapping[str, Any]:
        account = self.client.describe_account(AccountId=account_id)["Account"]
        ids, names, tags = self.unit_of(account_id)
        return {
            "accountId": account_id,
            "accountName": account["Name"],
            "accountStatus": account["Status"],
            "accountTags": self.tags(account_id),
            "ouId": ids[-1],
            "ouIdWithPath": "/".join([account["Arn"].split("/")[1], *ids]),
            "ouName": names[-1],
            "ouNameWithPath": "/".join(names),
            "ouTags": tags,
        }

    def unit_of(self, child: str) -> tuple[list[str], list[str], dict[str, str]]:
        """Ids and names on the way from the root to the parent, and the parent's tags."""
        (parent,) = self.client.list_parents(ChildId=child)["Parents"]
        if parent["Type"] == "ROOT":
            return [parent["Id"]], ["Root"], {}
        ids, names, _ = self.unit_of(parent["Id"])
        unit = self.client.describe_organizational_unit(OrganizationalUnitId=parent["Id"])
        names = [*names, unit["OrganizationalUnit"]["Name"]]
        return [*ids, parent["Id"]], names, self.tags(parent["Id"])

    def tags(self, resource: str) -> dict[str, str]:
        pages = self.client.get_paginator("list_tags_for_resource").paginate(ResourceId=resource)
        return {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}


@lru_cache(maxsize=1)
def policies() -> semper.PolicySet:
    """Compiled by the first call, kept for those after it, as are the contexts."""
    # Several requests per account: the library's 0.1 s would not do.
    accounts = semper.Provider(Organizations(), deadline=10, ttl=900)
    return semper.compile(os.environ.get("SEMPER_POLICIES", "policies"), accounts=accounts)


class Outbox:
    """What is to be sent, each with the number of the event that it came from."""

    def __init__(self) -> None:
        self.messages: dict[str, list[tuple[int, str]]] = defaultdict(list)  # by queue
        self.findings: dict[str, list[tuple[int, Any]]] = defaultdict(list)  # by region
        self.failed: set[int] = set()

    def add(self, record: semper.Record) -> None:
        siem = os.environ.get("SIEM_QUEUE_URL")
        if siem and record.decision in ("relevant", "invalid"):
            self.messages[siem].append((record.event, str(record)))
        for route in record.routes:
            if route.kind == "sqs":
                url = route.target.get("queueUrl") or self.url_of(route.target["queueName"], record)
                if url:
                    body = {"instructions": route.target["instructions"], "record": record.data}
                    self.messages[url].append((record.event, json.dumps(body)))
            elif route.kind == "securityhub":
                finding = json.loads(route.record)
                self.findings[route.target["region"]].append((record.event, finding))
            else:
                self.fail([record.event], f"there is no way to send to {route.target}")

    def url_of(self, name: str, record: semper.Record) -> str | None:
        try:
            return str(boto3.client("sqs").get_queue_url(QueueName=name)["QueueUrl"])
        except Exception as error:
            self.fail([record.event], error)
            return None

    def send(self) -> set[int]:
        """Sends all; gives the numbers of the events of which something could not be sent."""
        for url, messages in self.messages.items():
            for chunk in chunks(messages, MOST_MESSAGES):
                self.send_messages(url, chunk)
        for region, findings in self.findings.items():
            for batch in chunks(findings, MOST_FINDINGS):
                self.import_findings(region, batch)
        return self.failed

    def send_messages(self, url: str, messages: list[tuple[int, str]]) -> None:
        entries = [
            {"Id": str(place), "MessageBody": body} for place, (_, body) in enumerate(messages)
        ]
        try:
            answer = boto3.client("sqs").send_message_batch(QueueUrl=url, Entries=entries)
        except Exception as error:
            return self.fail([event for event, _ in messages], error)
        for failed in answer.get("Failed", []):
            self.fail([messages[int(failed["Id"])][0]], failed)

    def import_findings(self, region: str, findings: list[tuple[int, Any]]) -> None:
        hub = boto3.client("securityhub", region_name=region)
        try:
            answer = hub.batch_import_findings(Findings=[finding for _, finding in findings])
        except Exception as error:
            return self.fail([event for event, _ in findings], error)
        bad = {failed["Id"] for failed in answer.get("FailedFindings", [])}
        if bad:
            events = [event for event, finding in findings if finding["Id"] in bad]
            self.fail(events, answer["FailedFindings"])

    def fail(self, events: Iterable[int], why: object) -> None:
        events = list(events)
        print(json.dumps({"notSent": events, "why": str(why)}))  # to the function's log
        self.failed.update(events)


def chunks(items: list[Any], size: int) -> Iterable[list[Any]]:
    return (items[at : at + size] for at in range(0, len(items), size))


def handler(event: dict[str, Any], context: object = None) -> dict[str, Any]:
    """For Lambda. Semper itself takes findings out of SQS messages and SNS notifications."""
    messages = event["Records"] if "Records" in event else [event]
    outbox = Outbox()
    counts: dict[str, int] = defaultdict(int)
    for record in policies().evaluate_batch(messages):
        counts[record.decision] += 1
        outbox.add(record)
    failed = outbox.send()
    print(json.dumps({"events": len(messages), **counts, "failed": len(failed)}))
    if messages[0].get("eventSource") == "aws:sqs":
        # The queue gives these once more, and only these.
        ids = [messages[number]["messageId"] for number in sorted(failed)]
        return {"batchItemFailures": [{"itemIdentifier": id} for id in ids]}
    if failed:
        # SNS and EventBridge know whole calls only: Lambda repeats this one.
        raise RuntimeError(f"{len(failed)} of {len(messages)} events were not sent on")
    return {"batchItemFailures": []}
