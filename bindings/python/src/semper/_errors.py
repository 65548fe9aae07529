"""Why calls fail."""

from __future__ import annotations

from typing import Literal, NamedTuple

__all__ = [
    "BusyError",
    "Diagnostic",
    "Error",
    "InternalError",
    "InvalidArgumentError",
    "InvalidEventError",
    "IoError",
    "LimitExceededError",
    "NotFoundError",
    "OutOfMemoryError",
    "PolicyError",
    "UnsupportedError",
]


class Diagnostic(NamedTuple):
    """One problem in a policy, pattern or scope, for the person who must mend it."""

    severity: Literal["error", "warning"]
    code: str
    """Stable, ``lower_snake_case``; docs/diagnostics.md explains each."""
    file: str
    """The path; the id of a policy from memory; the number of a pattern."""
    pointer: str
    """JSON Pointer (RFC 6901) of the offending value or key."""
    message: str
    """What is wrong, and what to write instead."""
    offset: int
    """Bytes from the start of the text."""
    line: int
    """From 1; 0: there is no place."""
    column: int
    """From 1, in bytes."""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{place}: {self.severity}: {self.message} [{self.code}]".lstrip(": ")


class Error(Exception):
    """A call that failed. ``str`` has the message and the diagnostics, one on a line."""

    status: str
    """The name of the library's status: ``"invalid_policy"``."""
    message: str
    """One sentence."""
    diagnostics: tuple[Diagnostic, ...]
    """What is wrong in the policies; errors and warnings, in the order of files and places."""

    def __init__(
        self, message: str, status: str = "", diagnostics: tuple[Diagnostic, ...] = ()
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.diagnostics = diagnostics

    def __reduce__(self) -> tuple[type[Error], tuple[str, str, tuple[Diagnostic, ...]]]:
        return type(self), (self.message, self.status, self.diagnostics)

    def __str__(self) -> str:
        return "\n  ".join([self.message, *map(str, self.diagnostics)])


class InvalidArgumentError(Error, ValueError):
    """An argument that the library cannot use."""


class PolicyError(Error, ValueError):
    """Policies, a pattern or a scope do not load; ``diagnostics`` tell what to mend."""


class InvalidEventError(Error, ValueError):
    """What a pattern shall be matched against is no event, or an account context is no object.

    Policy sets and evaluators never raise it: there, bytes that are no event are a record.
    """

    @property
    def code(self) -> str:
        """Stable, ``lower_snake_case``: ``"event_json_syntax"``; empty where there is none."""
        head, colon, _ = self.message.partition(":")
        return head if colon and head.replace("_", "").isalnum() and " " not in head else ""


class LimitExceededError(Error, ValueError):
    """Larger than a limit, which the message names."""


class IoError(Error, OSError):
    """The operating system refused; the message names the file."""


class NotFoundError(Error, LookupError):
    """An index, name or value that is not there."""


class UnsupportedError(Error, NotImplementedError):
    """This build or version of the library cannot do it."""


class BusyError(Error, RuntimeError):
    """The object is in use by a call that is still running, in another thread or further out."""


class OutOfMemoryError(Error, MemoryError):
    """Nothing happened; the objects are as usable as before."""


class InternalError(Error, RuntimeError):
    """A bug in Semper; please report the message."""


_CLASSES: dict[str, type[Error]] = {
    "invalid_argument": InvalidArgumentError,
    "invalid_policy": PolicyError,
    "invalid_event": InvalidEventError,
    "limit_exceeded": LimitExceededError,
    "io": IoError,
    "not_found": NotFoundError,
    "unsupported": UnsupportedError,
    "busy": BusyError,
    "out_of_memory": OutOfMemoryError,
    "internal": InternalError,
}


def make_error(status: str, message: str, diagnostics: tuple[Diagnostic, ...]) -> Error:
    return _CLASSES.get(status, Error)(message, status, diagnostics)
