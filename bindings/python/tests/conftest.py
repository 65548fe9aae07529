"""What the tests share. After each test no handle of the library may be left."""

from __future__ import annotations

import gc
import json
from pathlib import Path

import pytest

import semper
from semper import _semper

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = ROOT / "examples"
CONFORMANCE = ROOT / "tests" / "conformance"

FILTER_ID = "20_filtering/cloudtrail_api_calls/pipeline"
FILTER = {
    "metaData": {"title": "The pipeline removes roles"},
    "filtering": {"findingPattern": {"detail": {"eventName": ["DeleteRole"]}}},
    "lifecycle": {"reason": "agreed", "ticket": "SEC-1"},
}
TEST_ACCOUNTS_ID = "20_filtering/cloudtrail_api_calls/test-accounts"
# Drops in test accounts only: what an account provider says decides.
TEST_ACCOUNTS = {
    "filtering": {
        "policyScope": {
            "accountScope": {
                "exclude": "*",
                "forceInclude": {"accountTags": {"environment": "test"}},
            }
        },
        "findingPattern": {"detail": {"eventName": ["DeleteRole"]}},
    }
}


def make_event(name: str = "DeleteRole", account: str = "111122223333") -> dict:
    return {
        "version": "0",
        "id": "7bf73129-1428-4cd3-a780-95db273d1602",
        "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.iam",
        "account": account,
        "time": "2024-05-01T12:00:00Z",
        "region": "us-east-1",
        "detail": {
            "eventSource": "iam.amazonaws.com",
            "eventName": name,
            "eventTime": "2024-05-01T12:00:00Z",
        },
    }


EVENT = json.dumps(make_event()).encode()
OTHER_EVENT = json.dumps(make_event("CreateRole")).encode()


def live_handles() -> int:
    if _semper.live_handles():  # what is in a cycle
        gc.collect()
    return _semper.live_handles()


@pytest.fixture(autouse=True)
def no_handle_is_left():
    yield
    assert live_handles() == 0


@pytest.fixture
def policies():
    """One filter, that drops EVENT and not OTHER_EVENT."""
    with semper.compile(policies={FILTER_ID: FILTER}) as made:
        yield made


@pytest.fixture
def examples():
    with semper.compile(EXAMPLES / "policies", accounts=EXAMPLES / "accounts.json") as made:
        yield made
