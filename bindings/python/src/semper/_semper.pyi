"""The extension module. Nothing here is public but by its name in ``semper``."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar, overload

from ._errors import Diagnostic, Error
from ._policies import PolicySet as _PolicySet
from ._providers import Encoded
from ._types import Counters, Decision, Hit, Json, Policy, ProviderCounters, Route

_T = TypeVar("_T")

def set_leak_warnings(arg: bool, /) -> None: ...
def live_handles() -> int: ...
def library_version() -> str: ...
def check_version() -> None: ...
def abi_version() -> int: ...
def before_fork() -> None: ...
def after_fork_in_parent() -> None: ...
def after_fork_in_child() -> None: ...
def configure(
    make_error: Callable[[str, str, tuple[Diagnostic, ...]], Error],
    make_diagnostic: Callable[..., Diagnostic],
    make_hit: Callable[..., Hit],
    make_policy: Callable[..., Policy],
    make_counters: Callable[..., Counters],
    make_route: Callable[[int, str, bytes], Route],
    make_provider_counters: Callable[..., ProviderCounters],
    dumps: Callable[[object], bytes],
    loads: Callable[[str], Any],
) -> None: ...

class ProviderHolder:
    def __init__(self, answer: Callable[[list[str], float | None], list[Encoded]]) -> None: ...

class Record:
    """A finding with its decision. ``str`` is its JSON text."""

    @property
    def decision(self) -> Decision:
        """``"relevant"``: for the SIEM; ``"dropped"``: accepted by a filter policy;
        ``"no_finding"``: nothing that anybody asked to detect; ``"invalid"``: bytes that are no
        event."""
    @property
    def event(self) -> int:
        """The number of its event in the call, from 0."""
    @property
    def policies(self) -> tuple[Hit, ...]:
        """The policies that stand in the verdict, with effect and reason."""
    @property
    def routes(self) -> tuple[Route, ...]:
        """Where extension policies send the record, and what is to be sent there."""
    @property
    def data(self) -> Any:
        """The record as a dict, made when it is first asked for; None where it has no JSON."""
    def json(self) -> bytes:
        """The record as JSON on one line, UTF-8; empty only by the options of an evaluator."""
    @overload
    def normalized(self, name: str) -> Any: ...
    @overload
    def normalized(self, name: str, default: _T) -> Any | _T:
        """A normalized field (docs/normalized.md), without parsing the record:
        ``normalized("severity")``."""

class Result:
    """The records of one call, a sequence."""

    _first_event: int
    def __len__(self) -> int: ...
    def __getitem__(self, index: int, /) -> Record: ...
    def __iter__(self) -> Iterator[Record]: ...
    def ndjson(self) -> bytes:
        """All records that have JSON as NDJSON, each with its newline."""
    @property
    def policies(self) -> _PolicySet:
        """The policy set that decided."""

class _Closable:
    @property
    def closed(self) -> bool:
        """Whether it is closed."""
    def close(self) -> None:
        """Frees what the object holds; a call that still runs ends first. What was made of it
        stays usable. Closing twice is fine."""

class _Deciding(_Closable):
    def evaluate(self, event: Json) -> Result:
        """Decides about one event: JSON text, or a dict or list that json.dumps makes one of.

        Gives at least one record; what is no event is a record of decision ``"invalid"``."""
    def evaluate_batch(self, events: Iterable[Json]) -> Result:
        """Decides about several events in one call, in their order, all by one policy set."""
    def evaluate_ndjson(self, lines: bytes | str) -> Result:
        """Decides about NDJSON: each line that is not blank is an event.

        ``record.event`` is the number of the line, from 0."""

class Compiler(_Closable):
    def __init__(self, limits: Sequence[int], regions: Iterable[str]) -> None: ...
    def _add_repository(self, arg: bytes, /) -> None: ...
    def _add_policy(self, arg0: str, arg1: Json, /) -> None: ...
    def _add_provider(
        self, name: str, holder: ProviderHolder, key_kind: int, options: Sequence[int] | None
    ) -> None: ...
    def _add_builtin_provider(
        self, name: str, specification: str, options: Sequence[int] | None
    ) -> None: ...
    def _plan(
        self,
        arg0: int,
        arg1: Json,
        arg2: Iterable[str],
        arg3: Json,
        arg4: Json,
        arg5: Callable[[str, bytes], object],
        arg6: Callable[[Diagnostic], object],
        /,
    ) -> None: ...
    def _diagnostics(self) -> list[Diagnostic]: ...

class PolicySet(_Deciding):
    def __init__(self, source: Compiler | PolicySet) -> None: ...
    def __len__(self) -> int: ...
    def _policy(self, arg: int, /) -> Policy: ...
    @property
    def provider_counters(self) -> list[ProviderCounters]:
        """What each provider has done since it was added, sorted by name."""
    @property
    def fingerprint(self) -> str:
        """Names the generation: a hash over all policies and options, 32 hex digits, which each
        record carries."""

class Slot(_Deciding):
    def __init__(self, policies: PolicySet) -> None: ...
    def replace(self, policies: PolicySet) -> None:
        """From now on, calls that begin are decided by these policies."""
    @property
    def policies(self) -> _PolicySet:
        """What is in the slot."""

class Evaluator(_Deciding):
    def __init__(
        self,
        source: PolicySet | Slot,
        format: int,
        now: Callable[[], int] | None,
        flags: int,
    ) -> None: ...
    def replace(self, policies: PolicySet) -> None:
        """From the next call on, these policies decide; an evaluator of a slot leaves it."""
    @property
    def policies(self) -> _PolicySet:
        """The policy set that decides the next call."""
    @property
    def counters(self) -> Counters:
        """Since the evaluator was made. Calls that failed count nothing."""
    def _policy_hits(self, arg: int, /) -> int: ...

class Patterns(_Closable):
    def __init__(self, patterns: Iterable[Json], dialect: int, arrays: int) -> None: ...
    def __len__(self) -> int: ...
    def _match(self, arg: Json, /) -> list[int]: ...
    def _matches(self, arg: Json, /) -> bool: ...

class Scope(_Closable):
    def __init__(self, scope: Json, kind: int) -> None: ...
    def _contains(
        self,
        account: Json | None,
        account_id: str | None,
        region: str | None,
        regions: Iterable[str],
    ) -> bool | None: ...
