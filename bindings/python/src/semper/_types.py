"""Small values that the package takes and gives."""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Any, Literal, NamedTuple, TypeAlias, Union

Json: TypeAlias = bytes | str | bytearray | memoryview | Mapping[str, Any] | Sequence[Any]
"""A JSON text, or what :func:`json.dumps` makes one of."""

Path: TypeAlias = Union[str, bytes, "os.PathLike[str]", "os.PathLike[bytes]"]
Decision: TypeAlias = Literal["relevant", "dropped", "no_finding", "invalid"]
Effect: TypeAlias = Literal[
    "drop", "extend", "detect", "would_drop", "expired", "undetermined", "other"
]
Format: TypeAlias = Literal["native", "semper17"]
KeyKind: TypeAlias = Literal["account", "resource", "principal", "ip", "string"]
Dialect: TypeAlias = Literal["semper", "eventbridge"]
Arrays: TypeAlias = Literal["any", "all"]
ScopeKind: TypeAlias = Literal["policy", "list"]


class Hit(NamedTuple):
    """Why a policy stands in the verdict of a record."""

    id: str
    """Of the policy: its path below the repository's root, without ``.json``."""
    effect: Effect
    """What the policy had to do with the decision: it dropped the finding (``"drop"``), its
    extension is in the record (``"extend"``), its event rule makes the event a finding
    (``"detect"``), it only observes (``"would_drop"``), it is no longer in force (``"expired"``),
    or it matches but nobody knows whether it is for the account (``"undetermined"``)."""
    reason: str | None
    """Why it is accepted, in the words of the policy."""
    title: str | None
    ticket: str | None
    number: int
    """Of the policy: its index in ``result.policies``."""


class Policy(NamedTuple):
    """What there is to know about a policy."""

    id: str
    """Its path below the repository's root, without ``.json``."""
    kind: str
    """``"filtering"``, ``"extension"``, ``"event_rule"``, ``"config_rule"``, ..."""
    title: str | None
    reason: str | None
    ticket: str | None
    file: str
    hash: str
    """XXH3-128 of the file, 32 hex digits."""
    valid_from: datetime.datetime | None
    """None: from ever."""
    expires_at: datetime.datetime | None
    """None: never."""
    observes: bool
    """An acceptance that only observes: it never drops."""


class Route(NamedTuple):
    """Where an extension policy sends a record: all that is needed to send it."""

    kind: Literal["sqs", "securityhub", "other"]
    """``"sqs"``: to a queue (sqsFanOut); ``"securityhub"``: by BatchImportFindings
    (sendToSecurityHub); ``"other"``: a newer library's, do not send it."""
    target: dict[str, Any]
    """Of a queue: ``policy``, ``queueName`` or ``queueUrl``, and ``instructions``, the whole block.
    Of Security Hub: ``policy``, ``accountId``, ``region``."""
    record: bytes
    """What is to be sent: the record; for Security Hub a finding in ASFF."""


def make_route(kind: int, target: str, record: bytes) -> Route:
    names: dict[int, Literal["sqs", "securityhub"]] = {1: "sqs", 2: "securityhub"}
    return Route(names.get(kind, "other"), json.loads(target), record)


class ProviderCounters(NamedTuple):
    """What a provider has done since it was added, for all that use it.

    By key, ``asked == found + stale + absent + failed``; of those asked ``cached`` were answered
    from the cache, ``shared`` by a call that was under way, ``rejected`` not looked up because the
    breaker was open. All zero for a provider that is not guarded.
    """

    name: str
    asked: int
    found: int
    stale: int
    absent: int
    failed: int
    cached: int
    shared: int
    rejected: int
    calls: int
    failed_calls: int
    """Gave no key an answer, or came too late."""
    late_calls: int
    breaker_opened: int
    cache_entries: int
    cache_bytes: int
    evictions: int
    latency: tuple[int, ...]
    """Calls by how long they took: number i counts those below 2**i microseconds that are not
    counted before; the last one all that took longer."""


class Counters(NamedTuple):
    """Since an evaluator was made; ``records == relevant + dropped + no_finding + invalid``."""

    records: int
    relevant: int
    dropped: int
    no_finding: int
    invalid: int


@dataclass(frozen=True)
class Limits:
    """Budgets; 0 is the default. docs/limits.md says what lies beyond each.

    ``event_bytes``, ``event_findings``, ``policy_bytes`` and ``accounts`` may be raised, the others
    only lowered.
    """

    event_bytes: int = 0
    """One event; 16 MiB."""
    event_depth: int = 0
    """Nested containers of an event; 1024."""
    event_findings: int = 0
    """Findings of one event; 100000."""
    policy_bytes: int = 0
    """One policy; 1 MiB."""
    pattern_depth: int = 0
    """Nested containers of a policy; 128."""
    branch_fields: int = 0
    """Fields of one branch of a pattern; 256."""
    branches: int = 0
    """Branches of a pattern; 1000."""
    wildcard_stars: int = 0
    """Stars of one wildcard; 64."""
    regex_bytes: int = 0
    """One regular expression; 4096."""
    combinator_depth: int = 0
    """Nested ``not``, ``and``, ``or``; 16."""
    accounts: int = 0
    """Accounts that an evaluator remembers; 100000."""


def limit_values(limits: Limits | None) -> list[int]:
    return list(astuple(limits or Limits()))


def number_of(what: str, value: str, numbers: Mapping[str, int]) -> int:
    """The library's number for a word."""
    try:
        return numbers[value]
    except (KeyError, TypeError):
        known = ", ".join(map(repr, numbers))
        raise ValueError(f"{what} is {value!r}; it must be one of {known}") from None


def _default(value: object) -> str:
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in JSON: {value!r:.80}")


class _Encoder(json.JSONEncoder):
    """Dates, which boto3 gives, as text."""

    def default(self, o: object) -> Any:
        if isinstance(o, Mapping):
            return dict(o)
        if isinstance(o, Sequence):
            return list(o)
        return _default(o)


_encode = _Encoder(ensure_ascii=True, separators=(",", ":")).encode


def dumps(value: object) -> bytes:
    """NaN and infinities are written as Python writes them, which is no JSON: such an event comes
    out as invalid, with its bytes, and is not lost."""
    return _encode(value).encode("ascii")


def as_time(seconds: int) -> datetime.datetime | None:
    """0: none. What a datetime cannot hold is its earliest or latest."""
    if seconds == 0:
        return None
    try:
        return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    except (OverflowError, ValueError, OSError):
        end = datetime.datetime.max if seconds > 0 else datetime.datetime.min
        return end.replace(tzinfo=datetime.timezone.utc)


def make_policy(
    id: str,
    kind: str,
    title: str | None,
    reason: str | None,
    ticket: str | None,
    file: str,
    hash: str,
    valid_from: int,
    expires_at: int,
    observes: bool,
) -> Policy:
    return Policy(
        id,
        kind,
        title,
        reason,
        ticket,
        file,
        hash,
        as_time(valid_from),
        as_time(expires_at),
        observes,
    )
