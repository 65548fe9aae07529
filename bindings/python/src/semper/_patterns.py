"""Patterns and scopes by themselves, without policies around them."""

from __future__ import annotations

from collections.abc import Iterable

from . import _semper
from ._policies import _Closes, _texts
from ._types import Arrays, Dialect, Json, ScopeKind, number_of

_DIALECTS = {"semper": 0, "eventbridge": 1}
_ARRAYS = {"any": 0, "all": 1}
_SCOPES = {"policy": 0, "list": 1}


class Patterns(_semper.Patterns, _Closes):
    """Several patterns in one program; what an event costs hardly depends on how many there are.

    :param patterns: each a dict or JSON text (docs/pattern-language.md)
    :param dialect: ``"eventbridge"``: what Amazon EventBridge would accept, and no more
    :param arrays: of a list in an event, what must match: any element, or all (dialect semper only)
    :raises PolicyError: one of them is wrong; the ``file`` of a diagnostic is the pattern's number

    Any thread may ask, several at once.
    """

    def __init__(
        self, patterns: Iterable[Json], *, dialect: Dialect = "semper", arrays: Arrays = "any"
    ) -> None:
        super().__init__(
            patterns,
            number_of("dialect", dialect, _DIALECTS),
            number_of("arrays", arrays, _ARRAYS),
        )

    def matching(self, event: Json) -> list[int]:
        """The numbers of the patterns that match the event, ascending.

        :raises InvalidEventError: the event is no JSON object
        """
        return self._match(event)


class Pattern(_semper.Patterns, _Closes):
    """One pattern; see :class:`Patterns`.

    >>> semper.Pattern({"detail": {"eventName": [{"prefix": "Delete"}]}}).matches(event)
    True
    """

    def __init__(
        self, pattern: Json, *, dialect: Dialect = "semper", arrays: Arrays = "any"
    ) -> None:
        super().__init__(
            [pattern],
            number_of("dialect", dialect, _DIALECTS),
            number_of("arrays", arrays, _ARRAYS),
        )

    def matches(self, event: Json) -> bool:
        """Whether the pattern matches the event.

        :raises InvalidEventError: the event is no JSON object
        """
        return self._matches(event)


class Scope(_semper.Scope, _Closes):
    """A scope.

    :param scope: a dict or JSON text
    :param kind: ``"policy"``: a policyScope, accounts and regions; ``"list"``: a list scope,
        regions alone
    :raises PolicyError: it does not load
    """

    def __init__(self, scope: Json, *, kind: ScopeKind = "policy") -> None:
        super().__init__(scope, number_of("kind", kind, _SCOPES))

    def contains(
        self,
        *,
        account: Json | None = None,
        account_id: str | None = None,
        region: str | None = None,
        regions: Iterable[str] = (),
    ) -> bool | None:
        """Whether a finding's place is in the scope; None: what is known does not tell.

        :param account: the account's context, a JSON object
        :param account_id: used where there is no context
        :param regions: the default regions; none: every region
        :raises InvalidEventError: the account's context is no JSON object
        """
        return self._contains(account, account_id, region, _texts("regions", regions))
