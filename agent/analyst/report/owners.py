"""Cost, saving and advice of each owner, which is the value of a tag."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from agent.analyst.analysis import combine, cost
from agent.analyst.analysis.combine import FunctionAssessment
from agent.analyst.analysis.estate import Assessment
from agent.analyst.analysis.finding import Category, Finding


@dataclass(frozen=True, kw_only=True)
class Owner:
    """What the functions with one value of the tag cost, and what can be changed.

    Attributes:
        name: The tag's value; None for the functions without the tag.
        functions: Number of functions.
        cost: USD per month, rounded to the cent.
        saving: USD per month that its opportunities save.
        opportunities: Number of opportunities.
        recommendations: Number of recommendations that save nothing.
        first: The opportunity that saves most; None without one.
    """

    name: str | None
    functions: int
    cost: Decimal
    saving: Decimal
    opportunities: int
    recommendations: int
    first: Finding | None


def owners(assessment: Assessment) -> Sequence[Owner]:
    """Return every owner, the most expensive first; the functions without the tag are the last."""
    groups: dict[str | None, list[FunctionAssessment]] = {}
    for function in assessment.functions:
        groups.setdefault(function.profile.owner, []).append(function)
    found = [_owner(name, functions) for name, functions in groups.items()]
    return sorted(found, key=lambda one: (one.name is None, -one.cost, one.name or ""))


def _owner(name: str | None, functions: Sequence[FunctionAssessment]) -> Owner:
    findings = [finding for function in functions for finding in function.findings]
    opportunities = [finding for finding in findings if finding.category is Category.OPPORTUNITY]
    return Owner(
        name=name,
        functions=len(functions),
        cost=cost.rounded(sum((function.exact_cost for function in functions), Decimal(0))),
        saving=combine.saved_by(findings, Category.OPPORTUNITY),
        opportunities=len(opportunities),
        recommendations=sum(finding.category is Category.ADVICE for finding in findings),
        first=max(opportunities, key=lambda finding: finding.saving, default=None),
    )
