"""Policy documents of IAM, read into one form."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One statement, with lists wherever a document may hold one value or several.

    Attributes:
        sid: The statement's own name; empty without one.
        allows: Whether its effect is Allow.
        actions: Actions; `*` where it only says which ones it is not about.
        resources: ARNs or patterns; `*` where it only says which ones it is not about.
        principals: Whom it is about, such as `events.amazonaws.com`; empty in the policy of a role or user.
        conditions: Operator, in lower case, to condition key, in lower case, to values.
    """

    sid: str
    allows: bool
    actions: Sequence[str]
    resources: Sequence[str]
    principals: Sequence[str]
    conditions: Mapping[str, Mapping[str, Sequence[str]]]

    @property
    def condition_keys(self) -> set[str]:
        """Every key that it has a condition on, in lower case."""
        return {key for keys in self.conditions.values() for key in keys}


def statements(document: Any) -> Iterator[Statement]:
    """The statements of a document, which is JSON text or what that stands for; none without a document."""
    if document is None:
        return
    parsed = json.loads(document) if isinstance(document, str) else document
    for statement in _list(parsed["Statement"]):
        yield Statement(
            sid=statement.get("Sid", ""),
            allows=statement["Effect"] == "Allow",
            actions=["*"] if "NotAction" in statement else _list(statement["Action"]),
            resources=["*"] if "NotResource" in statement else _list(statement.get("Resource")),
            principals=_principals(statement),
            conditions={
                operator.lower(): {key.lower(): _list(values) for key, values in keys.items()}
                for operator, keys in statement.get("Condition", {}).items()
            },
        )


def _principals(statement: Mapping[str, Any]) -> list[str]:
    if "NotPrincipal" in statement:
        return ["*"]
    principal = statement.get("Principal")
    if isinstance(principal, Mapping):
        return [str(one) for kind in principal.values() for one in _list(kind)]
    return _list(principal)


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]
