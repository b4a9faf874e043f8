"""Parses IAM policy documents into one form."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One statement. A single value in the document becomes a list here.

    Attributes:
        sid: The statement's id; empty if it has none.
        allows: Whether the effect is Allow.
        actions: The actions; `*` for a statement with NotAction.
        resources: ARNs or patterns; `*` for a statement with NotResource.
        principals: The principals, such as `events.amazonaws.com`; empty in the policy of a role or user.
        conditions: Values by condition key and by operator; keys and operators are in lower case.
    """

    sid: str
    allows: bool
    actions: Sequence[str]
    resources: Sequence[str]
    principals: Sequence[str]
    conditions: Mapping[str, Mapping[str, Sequence[str]]]

    @property
    def condition_keys(self) -> set[str]:
        """The keys of all conditions, in lower case."""
        return {key for keys in self.conditions.values() for key in keys}


def statements(document: Any) -> Iterator[Statement]:
    """Yield the statements of a document, which is JSON text or parsed JSON; none if the document is None."""
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
