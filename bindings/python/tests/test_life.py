"""Lives and ends: threads, forks, garbage, the order of closing, the interpreter's end."""

from __future__ import annotations

import gc
import itertools
import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import (
    EVENT,
    FILTER,
    FILTER_ID,
    OTHER_EVENT,
    TEST_ACCOUNTS,
    TEST_ACCOUNTS_ID,
    live_handles,
    make_event,
)

import semper

TEST = {"accountTags": {"environment": "test"}}


def compiled(accounts) -> semper.PolicySet:
    return semper.compile(policies={TEST_ACCOUNTS_ID: TEST_ACCOUNTS}, accounts=accounts)


def in_threads(count: int, work) -> None:
    """Runs work(number) in threads that begin at once; raises what they raise."""
    barrier = threading.Barrier(count)

    def begin(number: int) -> None:
        barrier.wait()
        work(number)

    with ThreadPoolExecutor(count) as pool:
        for future in [pool.submit(begin, number) for number in range(count)]:
            future.result()


# ------------------------------------------------------------------------------------- threads


def test_many_threads_share_a_policy_set():
    def look_up(keys):
        if int(keys[0]) % 3 == 0:
            raise OSError("down")
        return {key: TEST if int(key) % 3 == 1 else None for key in keys}

    provider = semper.Provider(look_up, breaker_failures=0, deadline=60)
    with compiled(provider) as policies:

        def work(number: int) -> None:
            for turn in range(50):
                account = (number * 7 + turn) % 60
                (record,) = policies.evaluate(make_event(account=f"{account:012}"))
                assert record.decision == ("dropped" if account % 3 == 1 else "relevant")
                if turn % 10 == 0:
                    gc.collect()

        in_threads(8, work)


def test_an_evaluator_that_two_threads_use():
    inside = threading.Event()
    goes_on = threading.Event()

    def look_up(keys):
        inside.set()
        goes_on.wait(60)
        return {key: TEST for key in keys}

    with compiled(semper.Provider(look_up, deadline=0)) as policies:
        evaluator = policies.evaluator()
        with ThreadPoolExecutor(1) as pool:
            future = pool.submit(evaluator.evaluate, EVENT)
            assert inside.wait(60)
            with pytest.raises(semper.BusyError):
                evaluator.evaluate(EVENT)
            with pytest.raises(semper.BusyError):
                evaluator.replace(policies)
            evaluator.close()  # ends when the call does
            goes_on.set()
            assert future.result()[0].decision == "dropped"
        assert evaluator.closed


def test_the_lock_is_given_up_while_evaluating(policies):
    """Threads go on while one evaluates: otherwise nobody sets the end before it is over."""
    is_evaluating = threading.Event()
    is_over = False
    seen = []

    def watch() -> None:
        is_evaluating.wait()
        while not is_over:
            seen.append(is_over)
            time.sleep(0)

    batch = [OTHER_EVENT] * 20_000
    interval = sys.getswitchinterval()
    sys.setswitchinterval(60)  # whoever runs is not asked to let go
    try:
        watcher = threading.Thread(target=watch)
        watcher.start()
        is_evaluating.set()
        before = len(seen)
        policies.evaluate_batch(batch)
        during = len(seen) - before
        is_over = True
    finally:
        sys.setswitchinterval(interval)
    watcher.join()
    assert during > 1


def test_policies_are_replaced_while_threads_evaluate():
    def accounts(tag: str):
        return lambda keys: {key: {"accountTags": {"environment": tag}} for key in keys}

    with semper.Slot(compiled(semper.Provider(accounts("test"), deadline=0))) as slot:
        is_over = threading.Event()

        def replace() -> None:
            for turn in range(60):
                slot.replace(compiled(semper.Provider(accounts("test"), ttl=turn + 1, deadline=0)))
                if turn % 20 == 0:
                    gc.collect()
            is_over.set()

        def work(number: int) -> None:
            if number == 0:
                return replace()
            evaluator = slot.evaluator()
            while not is_over.is_set():
                for result in (slot.evaluate(EVENT), evaluator.evaluate(EVENT)):
                    assert result[0].decision == "dropped"
                    assert result.policies.fingerprint
            evaluator.close()

        in_threads(4, work)


def test_closing_in_one_thread_while_others_use_it():
    for _ in range(20):
        policies = semper.compile(policies={FILTER_ID: FILTER})
        pattern = semper.Pattern({"detail": {"eventName": ["DeleteRole"]}})

        def work(number: int, policies=policies, pattern=pattern) -> None:
            if number == 0:
                time.sleep(random.random() / 500)
                policies.close()
                pattern.close()
                return
            try:
                while True:
                    assert policies.evaluate(EVENT)[0].decision == "dropped"
                    assert pattern.matches(EVENT)
            except ValueError as error:
                assert "closed" in str(error)

        in_threads(3, work)


# ------------------------------------------------------------------------ order and garbage


def test_handles_are_freed_in_every_order():
    orders = list(itertools.permutations(range(6)))
    # Under valgrind some of them, which are different ones each time.
    if "SEMPER_LEAK_CHECK" in os.environ:
        orders = random.sample(orders, 60)
    for order in orders:
        compiler = semper.Compiler()
        compiler.add_provider("accounts", lambda keys: {key: TEST for key in keys})
        compiler.add_policy(TEST_ACCOUNTS_ID, TEST_ACCOUNTS)
        policies = compiler.compile()
        slot = semper.Slot(policies)
        evaluator = slot.evaluator()
        result = evaluator.evaluate(EVENT)
        record = result[0]
        held = [compiler, policies, slot, evaluator, result, record]
        del compiler, policies, slot, evaluator, result, record
        for number in order:
            thing, held[number] = held[number], None
            if hasattr(thing, "close") and order[0] % 2:
                thing.close()
            del thing
        assert live_handles() == 0


def test_what_lives_longest_works_on():
    compiler = semper.Compiler()
    compiler.add_provider("accounts", lambda keys: {key: TEST for key in keys})
    compiler.add_policy(TEST_ACCOUNTS_ID, TEST_ACCOUNTS)
    policies = compiler.compile()
    del compiler
    evaluator = policies.evaluator()
    del policies
    gc.collect()
    record = evaluator.evaluate(EVENT)[0]
    del evaluator
    gc.collect()
    assert record.decision == "dropped" and record.policies[0].id == TEST_ACCOUNTS_ID
    policies = semper.compile(policies={FILTER_ID: FILTER})
    kept = policies.evaluate(EVENT).policies
    del policies
    gc.collect()
    assert kept.evaluate(EVENT)[0].decision == "dropped"


class Host:
    """Keeps what asks it: a cycle through the library."""

    def __init__(self) -> None:
        self.policies = compiled(semper.Provider(self.lookup, deadline=0))
        self.slot = semper.Slot(self.policies)
        self.evaluator = self.slot.evaluator(now=self.now)
        self.result = self.evaluator.evaluate(EVENT)
        self.record = self.result[0]

    def lookup(self, keys):
        return {key: TEST for key in keys}

    def now(self):
        return 0


@pytest.mark.parametrize(
    "kept", ["policies", "slot", "evaluator", "result", "record", "compiler", "none"]
)
def test_cycles_through_providers_are_collected(kept):
    host = Host()
    if kept == "compiler":
        compiler = semper.Compiler()
        compiler.add_provider("accounts", host)
        host.compiler = compiler
        del compiler
    for name in list(vars(host)):
        if name not in (kept, "compiler"):
            delattr(host, name)
    gone = weakref.ref(host)
    del host
    gc.collect()
    assert gone() is None
    assert live_handles() == 0


def test_a_provider_lives_as_long_as_something_may_ask_it():
    host = Host()
    gone = weakref.ref(host)
    evaluator = host.evaluator
    del host
    gc.collect()
    assert gone() is not None
    assert evaluator.evaluate(make_event(account="000000000001"))[0].decision == "dropped"
    del evaluator
    gc.collect()
    assert gone() is None


def test_a_provider_goes_when_it_cannot_be_added():
    class Source:
        def lookup(self, keys):
            return {}

    source = Source()
    gone = weakref.ref(source)
    with semper.Compiler() as compiler, pytest.raises(semper.InvalidArgumentError):
        compiler.add_provider("bad name", source)
    del source
    gc.collect()
    assert gone() is None


def test_garbage_is_collected_in_a_provider():
    def look_up(keys):
        for _ in range(3):
            Host()
            gc.collect()
        return {key: TEST for key in keys}

    with compiled(semper.Provider(look_up, deadline=0)) as policies:
        assert policies.evaluate(EVENT)[0].decision == "dropped"


# ---------------------------------------------------------------------------------------- fork


def in_child(work) -> None:
    """Forks; the child runs `work` and must end by itself within a minute."""
    child = os.fork()
    if child == 0:
        signal.alarm(60)
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_child_goes_on_with_what_the_parent_made(policies):
    evaluator = policies.evaluator()

    def work() -> None:
        assert policies.evaluate(EVENT)[0].decision == "dropped"
        assert evaluator.evaluate(EVENT)[0].decision == "dropped"
        with ThreadPoolExecutor(2) as pool:
            results = pool.map(policies.evaluate, [EVENT] * 10)
            assert {result[0].decision for result in results} == {"dropped"}

    in_child(work)
    work()


def test_a_fork_waits_for_the_calls_of_other_threads():
    def look_up(keys):
        time.sleep(0.001)
        return {key: TEST for key in keys}

    provider = semper.Provider(look_up, deadline=0)
    with compiled(provider) as policies:
        is_over = threading.Event()

        def evaluate() -> None:
            for number in itertools.count():
                if is_over.is_set():
                    return
                event = make_event(account=f"{number:012}")
                assert policies.evaluate(event)[0].decision == "dropped"

        def work() -> None:
            # Of an account that nobody asked for: through the cache and its locks.
            event = make_event(account="999999999999")
            assert policies.evaluate(event)[0].decision == "dropped"

        threads = [threading.Thread(target=evaluate) for _ in range(3)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(10):
                in_child(work)
        finally:
            is_over.set()
            for thread in threads:
                thread.join()


def test_a_fork_while_a_call_does_not_end():
    inside = threading.Event()
    goes_on = threading.Event()

    def look_up(keys):
        inside.set()
        goes_on.wait(60)
        return {key: TEST for key in keys}

    with compiled(semper.Provider(look_up, deadline=0)) as policies:
        thread = threading.Thread(target=policies.evaluate, args=(EVENT,))
        thread.start()
        assert inside.wait(60)

        def work() -> None:
            with pytest.raises(RuntimeError, match="before a fork"):
                policies.evaluate(EVENT)
            anew = compiled(lambda keys: {key: TEST for key in keys})
            assert anew.evaluate(EVENT)[0].decision == "dropped"

        in_child(work)
        goes_on.set()
        thread.join()
        assert policies.evaluate(EVENT)[0].decision == "dropped"


def test_a_fork_in_a_provider():
    def look_up(keys):
        in_child(lambda: None)
        return {key: TEST for key in keys}

    with compiled(semper.Provider(look_up, deadline=0)) as policies:
        assert policies.evaluate(EVENT)[0].decision == "dropped"


# ----------------------------------------------------------------------------------- the end

PRELUDE = """
import atexit, json, sys, threading, time
import semper
event = json.dumps({
    "detail-type": "AWS API Call via CloudTrail", "account": "111122223333",
    "detail": {"eventName": "DeleteRole"}})
policy = {"filtering": {
    "policyScope": {"accountScope": {"exclude": "*", "forceInclude": {"accountTags": {"a": "b"}}}},
    "findingPattern": {"detail": {"eventName": ["DeleteRole"]}}}}
def compiled(accounts):
    return semper.compile(policies={"20_filtering/cloudtrail_api_calls/x": policy},
                          accounts=semper.Provider(accounts, guarded=False))
"""


def end(code: str) -> str:
    """Runs a program that must end well; what it printed."""
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", PRELUDE + textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_the_end_while_threads_evaluate():
    for _ in range(3):
        end(
            """
            policies = compiled(lambda keys: {key: {"accountTags": {"a": "b"}} for key in keys})
            started = threading.Barrier(4)
            def work():
                policies.evaluate(event)
                started.wait()
                while True:
                    policies.evaluate_batch([event] * 50)
            for _ in range(3):
                threading.Thread(target=work, daemon=True).start()
            started.wait()
            time.sleep(0.02)
            """
        )


@pytest.mark.parametrize(
    "wait", ["time.sleep(3600)", "threading.Event().wait()", "while True: pass"]
)
def test_the_end_while_a_provider_is_asked(wait):
    end(
        f"""
        inside = threading.Event()
        def look_up(keys):
            inside.set()
            {wait}
        policies = compiled(look_up)
        threading.Thread(target=policies.evaluate, args=(event,), daemon=True).start()
        inside.wait()
        """
    )


def test_the_end_while_an_event_is_written_as_json():
    end(
        """
        inside = threading.Event()
        class Endless(dict):
            def items(self):
                inside.set()
                while True: pass
        policies = compiled({})
        threading.Thread(target=policies.evaluate, args=([Endless(a=1)],), daemon=True).start()
        inside.wait()
        """
    )


def test_evaluating_at_the_very_end():
    printed = end(
        """
        class Host:
            def lookup(self, keys):
                return {key: {"accountTags": {"a": "b"}} for key in keys}
            def __del__(self):
                print(policies.evaluate(event)[0].decision)
        host = Host()
        policies = compiled(host.lookup)
        atexit.register(lambda: print(policies.evaluate(event)[0].decision))
        """
    )
    assert printed.splitlines()[0] == "dropped"


def test_objects_that_live_until_the_end():
    end(
        """
        policies = compiled({})
        slot = semper.Slot(policies)
        evaluator = slot.evaluator()
        records = list(evaluator.evaluate(event))
        pattern = semper.Pattern({"a": [1]})
        sys.modules["kept"] = [policies, slot, evaluator, records, pattern]
        """
    )
