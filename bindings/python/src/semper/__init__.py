"""Semper: AWS security findings parsed, accepted ones dropped by policies, the rest enriched.

>>> import semper
>>> policies = semper.compile("examples/policies", accounts="examples/accounts.json")
>>> for record in policies.evaluate(event):
...     print(record.decision, [policy.id for policy in record.policies])

Every finding that goes in comes out exactly once, as a record with a decision and its reasons; what
is unknown never drops a finding. Bytes that are no event come out, too, as a record of decision
``"invalid"``. The documentation of policies, patterns and records is that of the library.
"""

from __future__ import annotations

import json
import os

from . import _semper
from ._errors import (
    BusyError,
    Diagnostic,
    Error,
    InternalError,
    InvalidArgumentError,
    InvalidEventError,
    IoError,
    LimitExceededError,
    NotFoundError,
    OutOfMemoryError,
    PolicyError,
    UnsupportedError,
    make_error,
)
from ._patterns import Pattern, Patterns, Scope
from ._policies import Compiler, Evaluator, Plan, PolicySet, Slot, compile
from ._providers import Keys, Provider, Stale
from ._semper import Record, Result
from ._types import (
    Counters,
    Hit,
    Limits,
    Policy,
    ProviderCounters,
    Route,
    dumps,
    make_policy,
    make_route,
)

__all__ = [
    "BusyError",
    "Compiler",
    "Counters",
    "Diagnostic",
    "Error",
    "Evaluator",
    "Hit",
    "InternalError",
    "InvalidArgumentError",
    "InvalidEventError",
    "IoError",
    "Keys",
    "LimitExceededError",
    "Limits",
    "NotFoundError",
    "OutOfMemoryError",
    "Pattern",
    "Patterns",
    "Plan",
    "Policy",
    "PolicyError",
    "PolicySet",
    "Provider",
    "ProviderCounters",
    "Record",
    "Result",
    "Route",
    "Scope",
    "Slot",
    "Stale",
    "UnsupportedError",
    "abi_version",
    "compile",
    "library_version",
]

_semper.check_version()
_semper.configure(
    make_error,
    Diagnostic,
    Hit,
    make_policy,
    Counters,
    make_route,
    ProviderCounters,
    dumps,
    json.loads,
)
os.register_at_fork(
    before=_semper.before_fork,
    after_in_parent=_semper.after_fork_in_parent,
    after_in_child=_semper.after_fork_in_child,
)


def library_version() -> str:
    """The version of the library inside of the package: ``"0.1.0"``."""
    return _semper.library_version()


def abi_version() -> tuple[int, int]:
    """The version of its C ABI: major, minor."""
    version = _semper.abi_version()
    return version >> 16, version & 0xFFFF
