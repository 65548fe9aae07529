"""Compiling, deciding, reading records: what a host does every day."""

from __future__ import annotations

import datetime
import json
import pickle

import pytest
from conftest import (
    EVENT,
    EXAMPLES,
    FILTER,
    FILTER_ID,
    OTHER_EVENT,
    make_event,
)

import semper

IMPORTED = (EXAMPLES / "events" / "securityhub-imported.json").read_bytes()


def decisions(records) -> list[str]:
    return [record.decision for record in records]


# ------------------------------------------------------------------------------------- compile


def test_a_repository_with_accounts(examples):
    records = list(examples.evaluate(IMPORTED))
    assert decisions(records) == ["relevant", "relevant"]
    assert records[0].data["accountContext"]["accountName"] == "shop-prod"


@pytest.mark.parametrize("directory", [str, lambda path: path, lambda path: str(path).encode()])
def test_paths_of_all_kinds(directory):
    assert len(semper.compile(directory(EXAMPLES / "policies"))) == 39


def test_policies_from_memory_as_dict_and_text():
    second = FILTER_ID.replace("pipeline", "second")
    policies = semper.compile(policies={FILTER_ID: FILTER, second: json.dumps(FILTER)})
    assert [policy.id for policy in policies] == [FILTER_ID, second]


def test_problems_are_exceptions_with_diagnostics():
    bad = {"filtering": {"findingPattern": {"detail": {"eventName": [{"prefx": "x"}]}}}}
    with pytest.raises(semper.PolicyError) as raised:
        semper.compile(policies={FILTER_ID: bad})
    error = raised.value
    assert error.status == "invalid_policy"
    (diagnostic,) = error.diagnostics
    assert diagnostic.code == "unknown_comparator"
    assert diagnostic.severity == "error"
    assert diagnostic.file == FILTER_ID
    assert diagnostic.pointer == "/filtering/findingPattern/detail/eventName/0/prefx"
    assert (diagnostic.line, diagnostic.column) == (1, 57)
    assert "did you mean" in diagnostic.message
    assert diagnostic.message in str(error) and f"{FILTER_ID}:1:57" in str(error)
    assert isinstance(error, ValueError)
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again)) == (semper.PolicyError, str(error))
    assert again.diagnostics == error.diagnostics


def test_a_compiler_collects_and_refuses_until_all_is_well():
    with semper.Compiler() as compiler:
        with pytest.raises(semper.PolicyError):
            compiler.add_policy(FILTER_ID, {"filtering": {}})
        assert [found.severity for found in compiler.diagnostics] == ["error"]
        with pytest.raises(semper.PolicyError):
            compiler.compile()
    with pytest.raises(ValueError, match="closed"):
        compiler.compile()


def test_warnings_come_with_the_policies():
    odd = {**FILTER, "oddity": 1}
    policies = semper.compile(policies={FILTER_ID: odd})
    assert [found.severity for found in policies.warnings] == ["warning"]
    assert policies.retain().warnings == policies.warnings


def test_a_repository_that_is_not_there():
    with pytest.raises(semper.IoError, match="nowhere") as raised:
        semper.compile("/nowhere")
    assert isinstance(raised.value, OSError)


def test_limits():
    limits = semper.Limits(event_bytes=100)
    policies = semper.compile(policies={FILTER_ID: FILTER}, limits=limits)
    assert decisions(policies.evaluate(EVENT)) == ["invalid"]
    with pytest.raises(semper.InvalidArgumentError, match="event_depth"):
        semper.compile(limits=semper.Limits(event_depth=5000))


def test_default_regions():
    scoped = {
        "filtering": {
            "policyScope": {"regionScope": {"exclude": "eu-central-1"}},
            "findingPattern": {"detail": {"eventName": ["DeleteRole"]}},
        }
    }
    elsewhere = semper.compile(policies={FILTER_ID: scoped}, regions=["eu-central-1"])
    assert decisions(elsewhere.evaluate(EVENT)) == ["relevant"]
    here = semper.compile(policies={FILTER_ID: scoped}, regions=["us-east-1"])
    assert decisions(here.evaluate(EVENT)) == ["dropped"]
    with pytest.raises(TypeError, match="list of texts"):
        semper.compile(regions="us-east-1")


# ---------------------------------------------------------------------------------- policy set


def test_a_policy_set_describes_its_policies():
    timed = {
        **FILTER,
        "lifecycle": {
            **FILTER["lifecycle"],
            "validFrom": "2020-01-01",
            "expiresAt": "2020-01-02T00:00:00Z",
            "mode": "observe",
        },
    }
    policies = semper.compile(policies={FILTER_ID: timed})
    (policy,) = policies
    assert policy == policies[0] == policies[-1]
    assert (policy.id, policy.kind) == (FILTER_ID, "filtering")
    assert policy.title == "The pipeline removes roles"
    assert (policy.reason, policy.ticket) == ("agreed", "SEC-1")
    assert len(policy.hash) == 32
    assert policy.valid_from == datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
    assert policy.expires_at == datetime.datetime(2020, 1, 2, tzinfo=datetime.timezone.utc)
    assert policy.observes
    with pytest.raises(IndexError):
        policies[1]


def test_without_times_a_policy_is_for_ever(policies):
    assert (policies[0].valid_from, policies[0].expires_at) == (None, None)
    assert not policies[0].observes


def test_the_fingerprint_names_the_generation(policies):
    same = semper.compile(policies={FILTER_ID: FILTER})
    other = semper.compile()
    assert policies.fingerprint == same.fingerprint != other.fingerprint
    record = policies.evaluate(EVENT)[0]
    assert record.data["verdict"]["policySet"] == policies.fingerprint


def test_closing_one_reference_leaves_the_others(policies):
    again = policies.retain()
    evaluator = policies.evaluator()
    with policies:
        result = policies.evaluate(EVENT)
    assert policies.closed and repr(policies) == "<semper.PolicySet: closed>"
    policies.close()
    with pytest.raises(ValueError, match="closed"):
        policies.evaluate(EVENT)
    with pytest.raises(ValueError, match="closed"):
        policies.fingerprint  # noqa: B018
    assert decisions(again.evaluate(EVENT)) == decisions(evaluator.evaluate(EVENT)) == ["dropped"]
    assert result[0].data["verdict"]["decision"] == "dropped"


# ------------------------------------------------------------------------------------- records


@pytest.mark.parametrize(
    "form",
    [
        bytes,
        bytearray,
        memoryview,
        lambda event: event.decode(),
        json.loads,
        lambda event: [json.loads(event)],
    ],
)
def test_events_of_all_kinds(policies, form):
    (record,) = policies.evaluate(form(EVENT))
    assert record.decision == "dropped"


def test_dates_in_dicts_as_boto3_gives_them(policies):
    event = make_event()
    event["time"] = datetime.datetime(2024, 5, 1, 12, tzinfo=datetime.timezone.utc)
    (record,) = policies.evaluate(event)
    assert record.data["finding"]["raw"]["time"] == "2024-05-01T12:00:00+00:00"


def test_what_is_no_event_comes_out_verbatim(policies):
    for event in [b"no json", b"", b"\xff\xfe", '{"a": "\ud800"}', {"a": float("nan")}]:
        (record,) = policies.evaluate(event)
        assert record.decision == "invalid"
    assert policies.evaluate("no json")[0].data["finding"]["raw"] == "no json"


@pytest.mark.parametrize("event", [None, 1, {1, 2}, object(), {"a": {1}}])
def test_arguments_that_no_event_can_be_made_of(policies, event):
    with pytest.raises(TypeError):
        policies.evaluate(event)


def test_a_record_tells_why(policies):
    (record,) = policies.evaluate(EVENT)
    (hit,) = record.policies
    assert hit == semper.Hit(FILTER_ID, "drop", "agreed", "The pipeline removes roles", "SEC-1", 0)
    assert record.data["verdict"]["policies"][0]["id"] == hit.id
    assert policies.evaluate(OTHER_EVENT)[0].policies == ()


def test_a_record_in_all_its_forms(policies):
    (record,) = policies.evaluate(EVENT)
    assert isinstance(record.json(), bytes)
    assert json.loads(record.json()) == json.loads(str(record)) == record.data
    assert record.data is record.data
    assert repr(record) == "<semper.Record: dropped, event 0>"
    assert "\n" not in str(record)


def test_normalized_fields(examples):
    record = examples.evaluate(IMPORTED)[0]
    normalized = record.data["normalized"]
    for name in ["accountId", "severity", "resources", "title", "accountTags", "controls"]:
        assert record.normalized(name) == normalized[name]
    assert record.normalized("nothing") is None
    assert record.normalized("nothing", "otherwise") == "otherwise"
    assert examples.evaluate("no json")[0].normalized("title") is None


def test_a_result_is_a_sequence(examples):
    result = examples.evaluate(IMPORTED)
    assert len(result) == 2
    assert result[0].json() == next(iter(result)).json() != result[-1].json()
    assert result.ndjson() == b"".join(record.json() + b"\n" for record in result)
    assert result.policies is examples
    with pytest.raises(IndexError):
        result[2]
    with pytest.raises(IndexError):
        result[-3]


def test_records_stay_as_they_are_when_others_are_made(policies):
    first = policies.evaluate(EVENT)
    text = first[0].json()
    kept = first[0]
    del first
    for _ in range(20):
        policies.evaluate(OTHER_EVENT)
    assert kept.json() == text
    policies.close()
    assert kept.json() == text and kept.policies[0].id == FILTER_ID


# ---------------------------------------------------------------------------------------- many


def test_a_batch(policies):
    result = policies.evaluate_batch([EVENT, OTHER_EVENT.decode(), make_event(), b"no json"])
    assert decisions(result) == ["dropped", "relevant", "dropped", "invalid"]
    assert [record.event for record in result] == [0, 1, 2, 3]
    assert len(policies.evaluate_batch([])) == 0


def test_one_event_is_no_batch(policies):
    for event in [EVENT, EVENT.decode(), make_event()]:
        with pytest.raises(TypeError):
            policies.evaluate_batch(event)
        with pytest.raises(TypeError):
            next(policies.evaluate_many(event))


def test_ndjson_counts_lines(policies):
    result = policies.evaluate_ndjson(EVENT + b"\n\n" + OTHER_EVENT + b"\n")
    assert [(record.event, record.decision) for record in result] == [
        (0, "dropped"),
        (2, "relevant"),
    ]


def test_a_stream_is_read_in_batches(policies):
    read = []

    def events():
        for number in range(10):
            read.append(number)
            yield EVENT if number % 2 else OTHER_EVENT

    stream = policies.evaluate_many(events(), batch_size=4)
    assert next(stream).event == 0
    assert len(read) == 4
    rest = list(stream)
    assert [record.event for record in rest] == list(range(1, 10))
    assert decisions(rest) == ["dropped", "relevant"] * 4 + ["dropped"]
    with pytest.raises(ValueError, match="batch_size"):
        next(policies.evaluate_many([EVENT], batch_size=0))


def test_large_events_make_small_batches(policies):
    large = [b'{"a": "' + b"x" * (1 << 20) + b'"}'] * 3
    stream = policies.evaluate_many(iter(large))
    first = next(stream)
    assert len(first.json()) > 1 << 20
    assert len(list(stream)) == 2


# ----------------------------------------------------------------------------------- evaluator


def test_an_evaluator_counts(examples):
    with examples.evaluator() as evaluator:
        evaluator.evaluate_batch([IMPORTED, EVENT, b"no json"])
        counters = evaluator.counters
        assert counters == semper.Counters(4, 3, 0, 0, 1)
        assert evaluator.policy_hits["30_extension/page-soc"] == 2
        assert list(evaluator.policy_hits) == [policy.id for policy in examples]
    with pytest.raises(ValueError, match="closed"):
        evaluator.counters  # noqa: B018


def test_records_of_generation_17(policies):
    record = policies.evaluator(format="semper17").evaluate(OTHER_EVENT)[0]
    assert sorted(record.data) == ["normalized", "raw"]
    with pytest.raises(ValueError, match="'native', 'semper17'"):
        policies.evaluator(format="xml")


def test_dropped_json_can_be_left_out(policies):
    evaluator = policies.evaluator(dropped_json=False)
    dropped, relevant = evaluator.evaluate_batch([EVENT, OTHER_EVENT])
    assert (dropped.json(), dropped.data, str(dropped)) == (b"", None, "")
    assert (dropped.decision, dropped.policies[0].id) == ("dropped", FILTER_ID)
    assert relevant.data["verdict"]["decision"] == "relevant"


def test_json_without_finding_can_be_left_out(examples):
    event = (EXAMPLES / "events" / "securityhub-insight-results.json").read_bytes()
    with_json = examples.evaluate(event)[0]
    without = examples.evaluator(no_finding_json=False).evaluate(event)[0]
    assert with_json.decision == without.decision == "no_finding"
    assert with_json.json() and not without.json()


@pytest.mark.parametrize(
    ("now", "decision"),
    [
        (lambda: 1_600_000_000, "dropped"),
        (lambda: 1_900_000_000.7, "relevant"),
        (lambda: datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc), "dropped"),
    ],
)
def test_a_clock_of_the_hosts(now, decision):
    policy = {**FILTER, "lifecycle": {"expiresAt": "2027-01-01"}}
    policies = semper.compile(policies={FILTER_ID: policy})
    (record,) = policies.evaluator(now=now).evaluate(EVENT)
    assert record.decision == decision
    assert record.policies[0].effect == ("drop" if decision == "dropped" else "expired")


def test_a_clock_that_raises(policies):
    evaluator = policies.evaluator(now=lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        evaluator.evaluate(EVENT)
    assert evaluator.counters.records == 0


def test_replacing_the_policies_of_an_evaluator(policies):
    evaluator = policies.evaluator()
    assert evaluator.policies is policies
    empty = semper.compile()
    evaluator.replace(empty)
    assert evaluator.policies is empty
    result = evaluator.evaluate(EVENT)
    assert decisions(result) == ["relevant"] and result.policies is empty


# ---------------------------------------------------------------------------------------- slot


def test_a_slot_is_reloaded_while_evaluators_use_it(policies):
    empty = semper.compile()
    with semper.Slot(policies) as slot:
        evaluator = slot.evaluator()
        assert (
            decisions(slot.evaluate(EVENT)) == decisions(evaluator.evaluate(EVENT)) == ["dropped"]
        )
        slot.replace(empty)
        assert slot.policies is evaluator.policies is empty
        for result in (slot.evaluate(EVENT), evaluator.evaluate(EVENT)):
            assert decisions(result) == ["relevant"] and result.policies is empty
        assert [r.decision for r in slot.evaluate_many([EVENT, b"x"])] == ["relevant", "invalid"]
    with pytest.raises(ValueError, match="closed"):
        slot.evaluate(EVENT)
    # Its evaluators go on with what it held.
    assert decisions(evaluator.evaluate(EVENT)) == ["relevant"]


# ------------------------------------------------------------------------- patterns and scopes


def test_a_pattern():
    pattern = semper.Pattern({"detail": {"eventName": [{"prefix": "Delete"}]}})
    assert pattern.matches(EVENT) and pattern.matches(make_event())
    assert not pattern.matches(OTHER_EVENT)
    with pattern:
        pass
    with pytest.raises(ValueError, match="closed"):
        pattern.matches(EVENT)


def test_patterns_in_one_program():
    patterns = semper.Patterns([{"a": [number % 7]} for number in range(1000)])
    assert len(patterns) == 1000
    assert patterns.matching({"a": 3}) == list(range(3, 1000, 7))
    assert patterns.matching({"a": 9}) == []
    with pytest.raises(semper.PolicyError) as raised:
        semper.Patterns([{"a": [1]}, {"a": []}])
    assert raised.value.diagnostics[0].file == "1"
    assert semper.Patterns([]).matching({}) == []


def test_any_and_all():
    ports = {"port": [443, 22]}
    assert semper.Pattern({"port": [443]}).matches(ports)
    assert not semper.Pattern({"port": [443]}, arrays="all").matches(ports)


def test_dialects():
    pattern = {"a": [{"regex-match": "x+"}]}
    assert semper.Pattern(pattern).matches({"a": "xx"})
    with pytest.raises(semper.PolicyError):
        semper.Pattern(pattern, dialect="eventbridge")
    with pytest.raises(ValueError, match="dialect is 'sql'"):
        semper.Pattern(pattern, dialect="sql")


def test_an_event_that_is_none():
    with pytest.raises(semper.InvalidEventError) as raised:
        semper.Pattern({"a": [1]}).matches("no json")
    assert raised.value.code == "event_json_syntax"


def test_scopes():
    scope = semper.Scope({"accountScope": {"exclude": {"accountTags": {"environment": "prod"}}}})
    assert scope.contains(account={"accountTags": {"environment": "test"}}) is True
    assert scope.contains(account={"accountTags": {"environment": "prod"}}) is False
    assert scope.contains(account_id="111122223333") is None
    regions = semper.Scope({"exclude": "us-east-1"}, kind="list")
    assert regions.contains(region="us-east-1") is False
    assert regions.contains(region="eu-central-1") is True
    assert regions.contains(region="eu-central-1", regions=["eu-west-1"]) is False
    with pytest.raises(semper.PolicyError):
        semper.Scope({"accountScop": {}})
    with pytest.raises(semper.InvalidEventError):
        scope.contains(account=[1])
    scope.close()
    with pytest.raises(ValueError, match="closed"):
        scope.contains()


def test_versions():
    assert semper.abi_version() == (1, 0)
    assert semper.library_version().count(".") == 2


# ------------------------------------------------------------------------------ routes and plans


def test_routes_tell_where_a_record_is_sent(examples):
    record = examples.evaluate(IMPORTED)[0]
    (route,) = record.routes
    assert route.kind == "sqs"
    assert route.target["queueName"] == "soc-pager"
    assert route.target["policy"] == "30_extension/page-soc"
    assert route.target["instructions"]["delivery"] == "pager"
    assert route.record == record.json()
    assert examples.evaluate("no json")[0].routes == ()


def test_a_plan():
    with semper.Compiler(regions=["eu-central-1"]) as compiler:
        compiler.add_repository(EXAMPLES / "policies")
        plan = compiler.plan(account_ids=["111122223333"])
        (document,) = plan.files.values()
        assert json.loads(document)["regions"] == ["eu-central-1"]
        same = compiler.plan(accounts=[{"accountId": "111122223333"}])
        assert json.loads(*same.files.values())["regions"] == ["eu-central-1"]
        files = compiler.plan(format="terraform", account_ids=["111122223333"]).files
        assert "111122223333/eu-central-1/main.tf.json" in files
        changed = compiler.plan(format="difference", account_ids=[], old_plan=document)
        assert all(json.loads(line) for line in b"".join(changed.files.values()).splitlines())
        with pytest.raises(ValueError, match="'terraform'"):
            compiler.plan(format="pulumi")
    with semper.Compiler() as compiler, pytest.raises(semper.InvalidArgumentError):
        compiler.plan(account_ids=["111122223333"])
