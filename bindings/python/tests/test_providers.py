"""Providers in Python: that answer, return nothing, fail, raise, are slow, call back in."""

from __future__ import annotations

import json
import threading
import time

import pytest
from conftest import EVENT, EXAMPLES, TEST_ACCOUNTS, TEST_ACCOUNTS_ID, make_event

import semper

TEST = {"accountTags": {"environment": "test"}}
OWNERS_ID = "30_extension/owners"
OWNERS = {
    "extension": {
        "findingPattern": {"detail": {"eventName": [{"exists": True}]}},
        "contextBlock": [
            {"provider": "cmdb", "key": "${raw.detail.names[*]}", "as": "owners"},
        ],
    }
}


def compiled(accounts, **providers) -> semper.PolicySet:
    return semper.compile(
        policies={TEST_ACCOUNTS_ID: TEST_ACCOUNTS}, accounts=accounts, providers=providers
    )


def outcome(accounts) -> tuple[str, dict]:
    """The decision, and what the verdict says about the account's context."""
    with compiled(accounts) as policies:
        (record,) = policies.evaluate(EVENT)
        return record.decision, record.data["verdict"]["context"]


def answering(answer):
    return lambda keys: {key: answer for key in keys}


class Table:
    def __init__(self, answers: dict) -> None:
        self.answers = answers
        self.asked: list[semper.Keys] = []

    def lookup(self, keys):
        self.asked.append(keys)
        return [self.answers.get(key) for key in keys]


# ------------------------------------------------------------------------------------- answers


@pytest.mark.parametrize(
    "accounts",
    [
        answering(TEST),
        answering(json.dumps(TEST)),
        answering(json.dumps(TEST).encode()),
        answering(bytearray(json.dumps(TEST).encode())),
        lambda keys: [TEST for _ in keys],
        lambda keys: tuple(TEST for _ in keys),
        Table({"111122223333": TEST}),
        {"111122223333": TEST},
        semper.Provider({"111122223333": TEST}, kind="account", ttl=1, deadline=0),
        semper.Provider({"111122223333": TEST}, guarded=False),
    ],
)
def test_answers_of_all_kinds(accounts):
    decision, context = outcome(accounts)
    assert (decision, context) == ("dropped", {"status": "fresh"})


def test_absent_is_certain_but_drops_nothing():
    decision, context = outcome(answering(None))
    assert decision == "relevant" and context["status"] == "missing"
    assert outcome({})[0] == "relevant"


@pytest.mark.parametrize(
    ("accounts", "reason"),
    [
        (answering(LookupError("down for repair")), "LookupError: down for repair"),
        (answering(ValueError()), "ValueError"),
        (answering("no json"), "JSON"),
        (answering({"a": {1}}), "TypeError: set has no form in JSON"),
        (lambda keys: {}, "the provider did not answer"),
        (lambda keys: None, "the provider returned NoneType"),
        (lambda keys: [], "the provider returned 0 answers to 1 keys"),
        (lambda keys: b"{}", "the provider returned bytes"),
        (lambda keys: 1 / 0, "ZeroDivisionError: division by zero"),
        (lambda: None, "TypeError"),
    ],
)
def test_what_fails_is_told_and_drops_nothing(accounts, reason):
    decision, context = outcome(accounts)
    assert decision == "relevant"
    assert context["status"] == "missing" and reason in context["reason"]


def test_an_answer_in_the_batch_that_fails_takes_no_other_with_it():
    def look_up(keys):
        answers = {"a": {"owner": "x"}, "b": OSError("b is away"), "c": None, "d": {1: {2}}}
        return {key: answers[key] for key in keys}

    with semper.compile(
        policies={OWNERS_ID: OWNERS},
        providers={"cmdb": semper.Provider(look_up, kind="string")},
    ) as policies:
        event = make_event()
        event["detail"]["names"] = ["a", "b", "c", "d"]
        data = policies.evaluate(event)[0].data
    assert data["context"]["owners"] == [{"key": "a", "value": {"owner": "x"}}]
    missing = {
        missed["key"]: (missed["state"], missed.get("reason", ""))
        for missed in data["verdict"]["context"]["providers"]["owners"]["missing"]
    }
    assert missing["b"] == ("failed", "OSError: b is away")
    assert missing["c"][0] == "absent"
    assert missing["d"][0] == "failed" and "TypeError" in missing["d"][1]


def test_keys_come_in_one_call_and_tell_the_time_that_is_left():
    table = Table({})
    provider = semper.Provider(table, deadline=3)
    with semper.compile(policies={OWNERS_ID: OWNERS}, providers={"cmdb": provider}) as policies:
        event = make_event()
        event["detail"]["names"] = ["a", "b", "a"]
        policies.evaluate(event)
    assert table.asked == [("a", "b")]
    assert isinstance(table.asked[0], semper.Keys)
    assert 0 < table.asked[0].remaining <= 3


def test_without_deadline_there_is_no_time():
    table = Table({})
    outcome(semper.Provider(table, guarded=False))
    outcome(semper.Provider(table, deadline=0))
    assert [keys.remaining for keys in table.asked] == [None, None]


# ------------------------------------------------------------------------------ what is between


def test_answers_are_kept():
    table = Table({"111122223333": TEST})
    with compiled(table) as policies:
        for _ in range(3):
            with policies.evaluator() as evaluator:
                evaluator.evaluate(EVENT)
    assert len(table.asked) == 1


def test_a_provider_that_is_slower_than_its_deadline_has_failed():
    def slow(keys):
        time.sleep(0.05)
        return answering(TEST)(keys)

    decision, context = outcome(semper.Provider(slow, deadline=0.01))
    assert decision == "relevant" and context["status"] == "missing"


def test_a_provider_that_is_down_is_left_alone():
    asked = []

    def down(keys):
        asked.append(keys)
        raise OSError("down")

    provider = semper.Provider(down, breaker_failures=2, breaker_cooldown=3600, error_ttl=0)
    with compiled(provider) as policies:
        for number in range(10):
            policies.evaluate(make_event(account=f"{number:012}"))
    assert len(asked) == 2


@pytest.mark.parametrize("option", ["ttl", "deadline", "cache_bytes", "breaker_failures"])
def test_options_that_are_none(option):
    with pytest.raises(ValueError, match="0 switches the part off"):
        compiled(semper.Provider({}, **{option: -1}))


# ------------------------------------------------------------------------- built-in providers


def test_providers_that_the_library_brings(tmp_path):
    accounts = tmp_path / "odd name?&%.json"
    accounts.write_text(json.dumps([{"accountId": "111122223333", **TEST}]))
    assert outcome(accounts)[0] == "dropped"
    assert outcome(str(accounts))[0] == "dropped"
    assert outcome(str(accounts).encode())[0] == "dropped"
    plain = EXAMPLES / "accounts.json"
    assert outcome(f"file:{plain}")[1] == {"status": "fresh"}
    assert outcome(semper.Provider(f"file:{plain}", ttl=5))[1] == {"status": "fresh"}


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: compiled("file:/nowhere.json"), semper.IoError, "/nowhere.json"),
        (lambda: compiled("/nowhere.json"), semper.IoError, "/nowhere.json"),
        (lambda: compiled("carrier-pigeon:x"), semper.Error, "carrier-pigeon"),
        (lambda: compiled({}, **{"bad name": {}}), semper.InvalidArgumentError, "name"),
        (lambda: compiled({}, cmdb=5), TypeError, "cmdb"),
        (lambda: compiled(semper.Provider({}, kind="x")), ValueError, "'account'"),
        (
            lambda: compiled(semper.Provider("file:x", kind="account")),
            ValueError,
            "keyKind",
        ),
    ],
)
def test_providers_that_cannot_be_added(make, error, text):
    with pytest.raises(error, match=text):
        make()


def test_a_name_is_given_once():
    with semper.Compiler() as compiler:
        compiler.add_provider("a", {})
        with pytest.raises(semper.InvalidArgumentError):
            compiler.add_provider("a", {})


# ------------------------------------------------------------------------------- calling back


def test_a_provider_may_evaluate_with_the_policies_that_ask_it():
    inner = []

    def look_up(keys):
        if keys != ("999999999999",):
            event = make_event(account="999999999999")
            inner.extend(record.decision for record in policies.evaluate(event))
        return answering(TEST)(keys)

    # Without single flight and breaker, which are for one call at a time.
    with compiled(semper.Provider(look_up, guarded=False)) as policies:
        assert policies.evaluate(EVENT)[0].decision == "dropped"
    assert inner == ["dropped"]


def test_a_provider_may_not_use_the_evaluator_that_asks_it():
    raised = []

    def look_up(keys):
        for call in (evaluator.evaluate, evaluator.evaluate_ndjson):
            with pytest.raises(semper.BusyError, match="still running") as error:
                call(EVENT)
            raised.append(error.value.status)
        with pytest.raises(semper.BusyError):
            evaluator.counters  # noqa: B018
        return answering(TEST)(keys)

    with compiled(look_up) as policies, policies.evaluator() as evaluator:
        assert evaluator.evaluate(EVENT)[0].decision == "dropped"
        assert raised == ["busy", "busy"]
        assert evaluator.counters.records == 1


def test_a_provider_may_close_everything():
    def look_up(keys):
        evaluator.close()
        policies.close()
        return answering(TEST)(keys)

    policies = compiled(look_up)
    evaluator = policies.evaluator()
    (record,) = evaluator.evaluate(EVENT)
    assert record.decision == "dropped" and record.policies[0].id == TEST_ACCOUNTS_ID
    assert evaluator.closed and policies.closed
    with pytest.raises(ValueError, match="closed"):
        evaluator.evaluate(EVENT)


def test_a_provider_may_replace_the_policies_of_its_slot():
    empty = semper.compile()

    def look_up(keys):
        slot.replace(empty)
        return answering(TEST)(keys)

    policies = compiled(look_up)
    slot = semper.Slot(policies)
    fingerprint = policies.fingerprint
    del policies
    result = slot.evaluate(EVENT)
    assert result[0].decision == "dropped"
    assert result.policies.fingerprint == fingerprint
    assert slot.evaluate(EVENT)[0].decision == "relevant"
    slot.close()


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_what_ends_the_program_is_raised_by_the_call(kind):
    def look_up(keys):
        raise kind("enough")

    with compiled(semper.Provider(look_up, guarded=False)) as policies:
        with pytest.raises(kind, match="enough"):
            policies.evaluate(EVENT)
        with pytest.raises(kind, match="enough"):
            policies.evaluator().evaluate_batch([EVENT])


def test_a_provider_is_asked_by_the_thread_that_evaluates():
    threads = []

    def look_up(keys):
        threads.append(threading.get_ident())
        return answering(TEST)(keys)

    outcome(look_up)
    assert threads == [threading.get_ident()]


# -------------------------------------------------------------------------- stale, and counted


def test_a_stale_answer_decides_and_is_told():
    decision, context = outcome(answering(semper.Stale(TEST, age=90)))
    assert (decision, context) == ("dropped", {"status": "stale", "ageSeconds": 90})


def test_what_a_provider_did_is_counted():
    with compiled({"111122223333": TEST}, cmdb={}) as policies:
        for account in ("111122223333", "444455556666"):
            policies.evaluate(make_event(account=account))
        accounts, cmdb = policies.provider_counters
    assert (accounts.name, cmdb.name) == ("accounts", "cmdb")
    assert (accounts.asked, accounts.found, accounts.absent, accounts.failed) == (2, 1, 1, 0)
    assert accounts.calls == sum(accounts.latency) == 2
    assert cmdb.asked == 0
