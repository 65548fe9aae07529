"""Where context comes from: callables, objects, tables, and what the library brings."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, Union, runtime_checkable

from . import _semper
from ._types import Json, KeyKind, Path, dumps, number_of


@dataclass(frozen=True)
class Stale:
    """An answer of a provider that was true a while ago and cannot be had anew: it decides as a
    fresh one does, and the verdict says so."""

    answer: Json
    """A JSON object."""
    age: float
    """Seconds."""


Answer: TypeAlias = Json | Stale | Exception | None
"""To one key: a JSON object (dict or JSON text); :class:`Stale`; None: there surely is none; an
exception: it could not be found out."""

Answers: TypeAlias = Mapping[str, Answer] | Sequence[Answer]
"""To the keys of a call: by key, or in their order."""


class Keys(tuple[str, ...]):
    """The distinct keys that a provider is asked for."""

    remaining: float | None = None
    """Seconds until answers come too late, as of the moment of the call; None: no deadline."""


Lookup: TypeAlias = Callable[[Keys], Answers]


@runtime_checkable
class SupportsLookup(Protocol):
    """A provider that is an object."""

    def lookup(self, keys: Keys, /) -> Answers:
        """See :class:`Provider`."""
        ...


Source: TypeAlias = Lookup | SupportsLookup | Mapping[str, Answer] | str

_KINDS = {"account": 1, "resource": 2, "principal": 3, "ip": 4, "string": 5}
_OFF = 2**64 - 1
_SPECIFICATION = re.compile(r"[a-z]+:|\{")


@dataclass(frozen=True)
class Provider:
    """A source of context, and what stands between it and the library.

    ``source`` is one of

    * a callable, or an object with the method ``lookup``. It is called with :class:`Keys` and
      answers every one: with a mapping by key, or a sequence in their order. An answer is a JSON
      object (a dict or JSON text), :class:`Stale`, None (there surely is nothing for the key), or
      an exception (it could not be found out). A key that a mapping leaves out has failed, since
      nothing was said about it: write ``{key: table.get(key) for key in keys}``. An exception that
      is raised fails all keys, with its text. Failed is not absent, and neither ever drops a
      finding. It is called by the threads that evaluate, also by several at once, and may call
      back into Semper;
    * a mapping: a table in memory;
    * text: a provider that the library brings (docs/providers.md), ``"file:accounts.json"``,
      ``"sqlite:cmdb.db?query=..."``, ``"redis:127.0.0.1:6379"``.

    Times are seconds. None is the library's default, 0 switches the part off.
    """

    source: Source
    kind: KeyKind | None = None
    """What the keys are; default: accounts for the provider ``accounts``, strings for others. The
    library tells by itself for providers that it brings."""
    cache_bytes: int | None = None
    """Answers in memory; 16 MiB."""
    ttl: float | None = None
    """How long an object is fresh; 300."""
    negative_ttl: float | None = None
    """How long *absent* is remembered; 60."""
    error_ttl: float | None = None
    """How long a failed key is not asked for again; 1."""
    stale_if_error: float | None = None
    """How old an object may be that answers while the source fails; 3600."""
    deadline: float | None = None
    """For one call; what comes later counts as failed; 0.1. Behind a network it takes more."""
    breaker_failures: int | None = None
    """Failed calls in a row that open the circuit breaker; 5."""
    breaker_cooldown: float | None = None
    """After it one call is let through; 5."""
    guarded: bool = True
    """False: it is asked for every key anew, without cache, deadline or breaker."""

    def _options(self) -> list[int] | None:
        if not self.guarded:
            return None
        return [
            _number(self.cache_bytes),
            _milliseconds(self.ttl),
            _milliseconds(self.negative_ttl),
            _milliseconds(self.error_ttl),
            _milliseconds(self.stale_if_error),
            _milliseconds(self.deadline),
            _number(self.breaker_failures),
            _milliseconds(self.breaker_cooldown),
        ]


def _number(value: int | None) -> int:
    if value is None:
        return 0
    if value < 0:
        raise ValueError(f"{value} is negative; 0 switches the part off")
    return value or _OFF


def _milliseconds(seconds: float | None) -> int:
    if seconds is None:
        return 0
    if not seconds >= 0:
        raise ValueError(f"{seconds} is no time in seconds; 0 switches the part off")
    # What is shorter than a millisecond is one: 0 would be the default.
    return max(1, round(min(seconds, 1e11) * 1000)) if seconds else _OFF


def add_provider(compiler: _semper.Compiler, name: str, provider: Provider | Source) -> None:
    if not isinstance(provider, Provider):
        provider = Provider(provider)
    source = provider.source
    options = provider._options()
    if isinstance(source, str):
        if provider.kind is not None:
            raise ValueError(
                f"provider {name}: the kind of a provider that the library brings is "
                "a part of its specification: ?keyKind=resource"
            )
        compiler._add_builtin_provider(name, source, options)
        return
    default: KeyKind = "account" if name == "accounts" else "string"
    kind = number_of(f"kind of provider {name}", provider.kind or default, _KINDS)
    holder = _semper.ProviderHolder(_answering(name, source))
    compiler._add_provider(name, holder, kind, options)


def accounts_source(accounts: Provider | Source | Path) -> Provider | Source:
    """Where account contexts come from: as ``accounts`` may be the path of a file, too."""
    if isinstance(accounts, (bytes, os.PathLike)):
        return dumps({"type": "file", "path": os.fsdecode(accounts)}).decode()
    if isinstance(accounts, str) and not _SPECIFICATION.match(accounts):
        return dumps({"type": "file", "path": accounts}).decode()
    return accounts


def _answering(
    name: str, source: Lookup | SupportsLookup | Mapping[str, Answer]
) -> Callable[[list[str], float | None], list[Encoded]]:
    """What the extension module calls."""
    lookup: Lookup
    if isinstance(source, Mapping):
        table = source

        def lookup(keys: Keys) -> Answers:
            return [table.get(key) for key in keys]

    elif isinstance(source, SupportsLookup):
        lookup = source.lookup
    elif callable(source):
        lookup = source
    else:
        raise TypeError(
            f"provider {name}: a callable, an object with the method lookup, a mapping or a "
            f"specification is wanted, not {type(source).__name__}"
        )

    def answer(keys: list[str], remaining: float | None) -> list[Encoded]:
        asked = Keys(keys)
        asked.remaining = remaining
        answers: Any = lookup(asked)
        if isinstance(answers, Mapping):
            return [
                _encoded(answers[key]) if key in answers else "the provider did not answer"
                for key in keys
            ]
        if isinstance(answers, (str, bytes)) or not isinstance(answers, Sequence):
            raise TypeError(
                f"the provider returned {type(answers).__name__}; it must return a mapping by key "
                "or a sequence of answers"
            )
        if len(answers) != len(keys):
            raise ValueError(f"the provider returned {len(answers)} answers to {len(keys)} keys")
        return [_encoded(answer) for answer in answers]

    return answer


Encoded: TypeAlias = Union[bytes, "tuple[bytes, int]", str, None]
"""What the extension module takes: an object, a stale one, why it failed, absent."""


def _encoded(answer: Any) -> Encoded:
    if isinstance(answer, Stale):
        encoded = _encoded(answer.answer)
        return (encoded, max(0, int(answer.age))) if isinstance(encoded, bytes) else encoded
    if answer is None or isinstance(answer, bytes):
        return answer
    if isinstance(answer, str):
        return answer.encode("utf-8", "surrogatepass")
    if isinstance(answer, BaseException):
        return f"{type(answer).__name__}: {answer}" if str(answer) else type(answer).__name__
    if isinstance(answer, (bytearray, memoryview)):
        return bytes(answer)
    try:
        return dumps(answer)
    except Exception as error:  # one bad answer must not take the others with it
        return f"{type(error).__name__}: {error}"
