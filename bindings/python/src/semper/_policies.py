"""Compilers, policy sets, slots and evaluators."""

from __future__ import annotations

import datetime
import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any, Literal, NamedTuple, TypeAlias, TypeVar

from . import _semper
from ._errors import Diagnostic
from ._providers import Provider, Source, accounts_source, add_provider
from ._semper import Record, Result
from ._types import (
    Counters,
    Format,
    Json,
    Limits,
    Path,
    Policy,
    limit_values,
    number_of,
)

Clock = Callable[[], int | float | datetime.datetime]

PlanFormat: TypeAlias = Literal["json", "cloudformation", "terraform", "difference"]

_FORMATS = {"native": 0, "semper17": 1}
_PLAN_FORMATS = {"json": 0, "cloudformation": 1, "terraform": 2, "difference": 3}
_NO_DROPPED_JSON = 1
_NO_NO_FINDING_JSON = 2

# A batch is large enough that a call costs little per event, and small enough that the first
# records come soon and their memory is used again.
_BATCH_EVENTS = 64
_BATCH_BYTES = 1 << 20


class Plan(NamedTuple):
    """What :meth:`Compiler.plan` made."""

    files: dict[str, bytes]
    """By relative path."""
    warnings: tuple[Diagnostic, ...]
    """Told about a plan that was made."""


_Self = TypeVar("_Self", bound="_Closes")


class _Closes:
    """Objects that may be closed before they are collected."""

    def close(self) -> None:
        raise NotImplementedError

    def __enter__(self: _Self) -> _Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class _Evaluates(_Closes):
    """What all that decide about events have in common."""

    def evaluate_batch(self, events: Iterable[Json]) -> Result:
        raise NotImplementedError

    def evaluate_many(
        self, events: Iterable[Json], *, batch_size: int = _BATCH_EVENTS
    ) -> Iterator[Record]:
        """Decides about a stream of events, of which several are handed over in one call.

        Yields the records in the order of the events; ``record.event`` counts the events of the
        stream. ``events`` is read up to ``batch_size`` events (or about 1 MiB) ahead.
        """
        for result in self._evaluate_batches(events, batch_size):
            yield from result

    def evaluate_table(
        self,
        events: Iterable[Json],
        fields: Iterable[str] = (),
        *,
        json: bool = True,
        batch_size: int = _BATCH_EVENTS,
    ) -> dict[str, list[Any]]:
        """Decides about events, for instance a column of a table, and gives columns.

        ``pandas.DataFrame(policies.evaluate_table(frame["event"]))`` has a row for each record; so
        has ``polars.DataFrame(...)``. The columns:

        * ``event``: the number of the event, from 0: the row that it came from;
        * ``decision``; ``policies``: the ids of those that stand in the verdict, a list;
        * ``json``: the record as text (not with ``json=False``);
        * one for each of ``fields``: normalized fields (docs/normalized.md), ``"accountId"``, or
          members of them, ``"severity.label"``; None where the finding has none.
        """
        if batch_size < 1:
            raise ValueError(f"batch_size is {batch_size}; it must be 1 or more")
        paths = {field: field.split(".") for field in fields}
        columns: dict[str, list[Any]] = {"event": [], "decision": [], "policies": []}
        for reserved in [*columns, "json"]:
            if reserved in paths:
                raise ValueError(f"the column {reserved!r} is no normalized field")
        if json:
            columns["json"] = []
        columns.update((field, []) for field in paths)
        for result in self._evaluate_batches(events, batch_size):
            for record in result:
                columns["event"].append(record.event)
                columns["decision"].append(record.decision)
                columns["policies"].append([hit.id for hit in record.policies])
                if json:
                    columns["json"].append(str(record))
                for field, (name, *members) in paths.items():
                    value = record.normalized(name)
                    for member in members:
                        value = value.get(member) if isinstance(value, dict) else None
                    columns[field].append(value)
        return columns

    def _evaluate_batches(self, events: Iterable[Json], batch_size: int) -> Iterator[Result]:
        if batch_size < 1:
            raise ValueError(f"batch_size is {batch_size}; it must be 1 or more")
        if isinstance(events, (str, bytes, bytearray, memoryview, Mapping)):
            raise TypeError("an iterable of events is wanted, not one event; use evaluate")
        first = 0
        batch: list[Json] = []
        size = 0
        for event in events:
            batch.append(event)
            # Of a dict the size is not known; it is taken for a usual one.
            size += len(event) if isinstance(event, (str, bytes)) else 2048
            if len(batch) >= batch_size or size >= _BATCH_BYTES:
                yield self._numbered(batch, first)
                first += len(batch)
                batch, size = [], 0
        if batch:
            yield self._numbered(batch, first)

    def _numbered(self, batch: list[Json], first: int) -> Result:
        result = self.evaluate_batch(batch)
        result._first_event = first
        return result


class Compiler(_semper.Compiler, _Closes):
    """Collects policies and providers, and compiles them.

    One thread at a time (:class:`BusyError` otherwise). The policy sets that it made stay when it
    is closed. :func:`compile` is shorter.
    """

    def __init__(self, *, limits: Limits | None = None, regions: Iterable[str] = ()) -> None:
        """``regions``: those that region scopes start from; none: every region."""
        super().__init__(limit_values(limits), _texts("regions", regions))

    def add_repository(self, directory: Path) -> None:
        """Reads all policies below a directory, now.

        :raises IoError: it cannot be read or is no repository. Problems inside of policies are no
            failure here: :meth:`compile` refuses then.
        """
        self._add_repository(os.fsencode(directory))

    def add_policy(self, id: str, policy: Json) -> None:
        """Adds one policy.

        ``id`` is as its path below a repository would be, without ``.json``:
        ``"20_filtering/cloudtrail_api_calls/x"``.

        :raises PolicyError: it does not load and is not added; :meth:`compile` will refuse, too.
        """
        self._add_policy(id, policy)

    def add_provider(self, name: str, provider: Provider | Source) -> None:
        """Adds a source of context under a name: letters, digits, ``_`` and ``-``.

        ``"accounts"`` is the one that scopes, account fields and ``accountContext`` come from.

        :raises InvalidArgumentError: another name, one that was given before, or a specification
            that does not hold
        :raises IoError: what the specification names cannot be opened
        :raises UnsupportedError: this build has no such type
        """
        add_provider(self, name, provider)

    @property
    def diagnostics(self) -> list[Diagnostic]:
        """Everything found so far, warnings too: also after :meth:`compile` succeeded."""
        return self._diagnostics()

    def plan(
        self,
        *,
        format: PlanFormat = "json",
        accounts: Json = b"",
        account_ids: Iterable[str] = (),
        control_ids: Json = b"",
        old_plan: Json = b"",
    ) -> Plan:
        """What the policies that were added ask for in AWS, account by account, in the default
        regions, as data (docs/plan.md). The same input gives the same bytes.

        :param format: ``"json"``: one document; ``"cloudformation"``, ``"terraform"``: files for
            each account and region; ``"difference"``: what differs from ``old_plan``
        :param accounts: the contexts of the accounts to plan for: a list, a dict by account id, or
            NDJSON
        :param account_ids: further accounts, of which only the id is known
        :param control_ids: the controls that standards have, as
            ``share/semper/controls/security-hub-ids.json``, to resolve wildcards
        :param old_plan: an earlier plan of format ``"json"``
        :raises PolicyError: a policy does not load, two contradict each other, or AWS would refuse
            something
        :raises InvalidArgumentError: there is no default region, or an argument is none
        """
        files: dict[str, bytearray] = {}
        warnings: list[Diagnostic] = []
        self._plan(
            number_of("format", format, _PLAN_FORMATS),
            accounts,
            _texts("account_ids", account_ids),
            control_ids,
            old_plan,
            lambda path, piece: files.setdefault(path, bytearray()).extend(piece),
            warnings.append,
        )
        return Plan({path: bytes(file) for path, file in files.items()}, tuple(warnings))

    def compile(self) -> PolicySet:
        """Compiles all that was added. The compiler may be used on.

        :raises PolicyError: there are problems of severity error, which come with it
        """
        policies = PolicySet(self)
        policies.warnings = tuple(self.diagnostics)
        return policies


class PolicySet(_semper.PolicySet, _Evaluates):
    """Compiled policies, which never change. :func:`compile` makes them.

    Any thread may call :meth:`evaluate` and its relatives, several at once, and providers while
    they are asked: each call uses an evaluator that no other call uses, and gives it back. The lock
    of the interpreter is given up meanwhile.

    A sequence of :class:`Policy`, sorted by id.
    """

    warnings: tuple[Diagnostic, ...] = ()
    """What the compiler had to say about the policies."""

    def __getitem__(self, index: int) -> Policy:
        size = len(self)
        if not -size <= index < size:
            raise IndexError(f"there is no policy {index}; there are {size}")
        return self._policy(index % size)

    def __iter__(self) -> Iterator[Policy]:
        return (self._policy(index) for index in range(len(self)))

    def __repr__(self) -> str:
        if self.closed:
            return "<semper.PolicySet: closed>"
        return f"<semper.PolicySet: {len(self)} policies, {self.fingerprint}>"

    def retain(self) -> PolicySet:
        """The same policies once more; closing one does not close the other."""
        policies = PolicySet(self)
        policies.warnings = self.warnings
        return policies

    def evaluator(
        self,
        *,
        format: Format = "native",
        now: Clock | None = None,
        dropped_json: bool = True,
        no_finding_json: bool = True,
    ) -> Evaluator:
        """An evaluator of your own: with options, or to count (see :class:`Evaluator`)."""
        return Evaluator(
            self,
            format=format,
            now=now,
            dropped_json=dropped_json,
            no_finding_json=no_finding_json,
        )


class Slot(_semper.Slot, _Evaluates):
    """The policy set in force, for hosts that replace it while events come.

    To reload: compile, and :meth:`replace` only if that succeeded. Each call is decided by what is
    in the slot when the call begins. Any thread may call any method, several at once.
    """

    def __init__(self, policies: PolicySet) -> None:
        super().__init__(policies)

    def evaluator(
        self,
        *,
        format: Format = "native",
        now: Clock | None = None,
        dropped_json: bool = True,
        no_finding_json: bool = True,
    ) -> Evaluator:
        """An evaluator that decides by what the slot holds (see :class:`Evaluator`)."""
        return Evaluator(
            self,
            format=format,
            now=now,
            dropped_json=dropped_json,
            no_finding_json=no_finding_json,
        )


class Evaluator(_semper.Evaluator, _Evaluates):
    """Decides about events, and counts. One call at a time: :class:`BusyError` otherwise.

    :param source: a policy set, or a slot
    :param format: ``"semper17"`` gives records as generation 1.7 had them
    :param now: by what time the life of acceptances is judged: seconds since 1970, or a datetime
        (without a time zone: local). Called once per call, before anything is evaluated. None: the
        system's clock
    :param dropped_json: False: dropped findings get no JSON, which saves most of the time where
        most are dropped and nobody archives them
    :param no_finding_json: False: likewise for events that nobody asked to detect
    """

    def __init__(
        self,
        source: PolicySet | Slot,
        *,
        format: Format = "native",
        now: Clock | None = None,
        dropped_json: bool = True,
        no_finding_json: bool = True,
    ) -> None:
        flags = 0 if dropped_json else _NO_DROPPED_JSON
        flags |= 0 if no_finding_json else _NO_NO_FINDING_JSON
        number = number_of("format", format, _FORMATS)
        super().__init__(source, number, None if now is None else _seconds_of(now), flags)

    @property
    def policy_hits(self) -> dict[str, int]:
        """How many findings each policy of the present policy set stood in a verdict of."""
        policies = self.policies
        return {policy.id: self._policy_hits(index) for index, policy in enumerate(policies)}


def compile(
    *repositories: Path,
    policies: Mapping[str, Json] | None = None,
    accounts: Provider | Source | Path | None = None,
    providers: Mapping[str, Provider | Source] | None = None,
    regions: Iterable[str] = (),
    limits: Limits | None = None,
) -> PolicySet:
    """Compiles policies.

    :param repositories: directories; all policies below them are read
    :param policies: policies from memory, by id (see :meth:`Compiler.add_policy`)
    :param accounts: where account contexts come from: the path of a file (``"accounts.json"``), or
        whatever a :class:`Provider` may be
    :param providers: further sources of context, by name
    :param regions: those that region scopes start from; none: every region
    :raises PolicyError: policies do not load; its ``diagnostics`` tell what to mend
    :raises IoError: a directory or file cannot be read

    >>> policies = semper.compile("examples/policies", accounts="examples/accounts.json")
    >>> for record in policies.evaluate(event):
    ...     print(record.decision, [policy.id for policy in record.policies])
    """
    with Compiler(limits=limits, regions=regions) as compiler:
        if accounts is not None:
            compiler.add_provider("accounts", accounts_source(accounts))
        for name, provider in (providers or {}).items():
            compiler.add_provider(name, provider)
        for repository in repositories:
            compiler.add_repository(repository)
        for id, policy in (policies or {}).items():
            compiler.add_policy(id, policy)
        return compiler.compile()


def _texts(what: str, texts: Iterable[str]) -> list[str]:
    if isinstance(texts, (str, bytes)):
        raise TypeError(f"{what} must be a list of texts, not one text")
    return list(texts)


def _seconds_of(clock: Clock) -> Callable[[], int]:
    def seconds() -> int:
        now = clock()
        if isinstance(now, datetime.datetime):
            now = now.timestamp()
        return math.floor(now)

    return seconds


__all__ = ["Clock", "Compiler", "Counters", "Evaluator", "PolicySet", "Slot", "compile"]
