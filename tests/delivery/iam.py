"""Evaluates policy documents like IAM, for the features that this project's documents use."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence

from policies.rules.documents import Statement

Context = Mapping[str, Sequence[str]]
"""Condition key, in lower case, to what a request has there; a key that a request lacks is not in it."""


def allows(document: Sequence[Statement], action: str, resource: str, context: Context | None = None) -> bool:
    """Return whether the document allows an action in a request's context. Without a context, ignore conditions."""
    return any(
        statement.allows
        and _matches(action, statement.actions)
        and _matches(resource, statement.resources)
        and (context is None or _holds(statement, context))
        for statement in document
    )


def denies(document: Sequence[Statement], action: str, resource: str, context: Context) -> bool:
    """Return whether the document denies everybody an action explicitly, in a request's context."""
    return any(
        not statement.allows
        and "*" in statement.principals
        and _matches(action, statement.actions)
        and _matches(resource, statement.resources)
        and _holds(statement, context)
        for statement in document
    )


def everybody_may(policy: Sequence[Statement], action: str, context: Context) -> bool:
    """Return whether a resource's own policy allows an action to each principal for which its conditions hold.

    A statement for the account's root does not count: there the principal's own policies decide.
    """
    return allows([statement for statement in policy if "*" in statement.principals], action, "*", context)


def _matches(text: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(text, pattern.replace("[", "[[]")) for pattern in patterns)


def _holds(statement: Statement, context: Context) -> bool:
    return all(
        _compare(operator, context.get(key, ()), wanted)
        for operator, keys in statement.conditions.items()
        for key, wanted in keys.items()
    )


def _compare(operator: str, found: Sequence[str], wanted: Sequence[str]) -> bool:
    match operator:
        case "stringequals":
            return bool(found) and all(value in wanted for value in found)
        case "foranyvalue:stringequals":
            return any(value in wanted for value in found)
        case "arnnotequals":  # true without the key
            return not any(_matches(value, wanted) for value in found)
        case "foranyvalue:stringlike":
            return any(_matches(value, wanted) for value in found)
        case "forallvalues:stringlike":
            return all(_matches(value, wanted) for value in found)
        case "forallvalues:stringnotlike":
            return not any(_matches(value, wanted) for value in found)
    raise NotImplementedError(f"The comparison {operator} is not implemented: implement it as IAM defines it")
