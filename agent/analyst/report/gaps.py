"""What is missing in a report: what could not be read, and what the rules could not judge as a result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent.analyst.analysis.combine import FunctionAssessment
from agent.analyst.analysis.estate import Assessment, Gap
from agent.analyst.analysis.finding import Undecided
from agent.analyst.rules import RULES

# A report counts the functions that were not judged and names this many of them.
MAX_NAMED = 3

NO_GAPS = "None: everything could be read."
NOT_JUDGED = "Data was missing to judge these functions. They may or may not have the issue."

_ORDER = [rule.name for rule in RULES]


@dataclass(frozen=True, kw_only=True)
class UndecidedFunctions:
    """Functions that one rule could not judge for one reason.

    Attributes:
        rule: The rule's name.
        reason: Why, as a clause about one function.
        missing: The fact that the rule lacked.
        functions: The functions' names, the most expensive first.
    """

    rule: str
    reason: str
    missing: str
    functions: Sequence[str]


def undecided(assessment: Assessment) -> Sequence[UndecidedFunctions]:
    """Return what was not judged, grouped by rule and reason, in the order of the rules."""
    groups: dict[tuple[str, Undecided], list[str]] = {}
    for rule in _ORDER:
        for function in assessment.functions:
            if rule in function.undecided:
                groups.setdefault((rule, function.undecided[rule]), []).append(function.profile.name)
    return [
        UndecidedFunctions(rule=rule, reason=answer.reason, missing=answer.missing, functions=names)
        for (rule, answer), names in groups.items()
    ]


def judged(assessment: Assessment) -> int:
    """Return how many functions every rule could judge."""
    return sum(not function.undecided for function in assessment.functions)


def affected(gap: Gap) -> str:
    """Return how many functions a gap affects: a number, or `all`."""
    return "all" if gap.functions is None else f"{gap.functions:,}"


def superseded(rule: str, function: FunctionAssessment) -> bool:
    """Return whether a rule was not applied because an earlier rule proposes to delete the function."""
    return any(
        finding.proposal.after is None and _ORDER.index(finding.rule) < _ORDER.index(rule)
        for finding in function.findings
    )
