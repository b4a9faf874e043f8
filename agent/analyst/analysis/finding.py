"""Rules, their proposals, and the findings that proposals become once they are priced."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from agent.analyst.analysis.profile import FunctionProfile


class Level(StrEnum):
    """A grade for confidence, for risk and for effort."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Category(StrEnum):
    """The section of a report that shows a finding."""

    OPPORTUNITY = "opportunity"  # saves enough to be worth a change for its own sake
    MINOR = "minor"  # saves less than MIN_OPPORTUNITY_USD: listed, not counted
    ADVICE = "advice"  # saves nothing: reliability, security, hygiene


@dataclass(frozen=True, kw_only=True)
class Change:
    """What to change, and how.

    Attributes:
        summary: The change in a few words.
        cli: AWS CLI commands, one per line.
        undo: AWS CLI commands that restore what was there before; a comment says what does not come back.
        pulumi: The property of the Pulumi resource, with its new value.
    """

    summary: str
    cli: str
    undo: str
    pulumi: str


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A rule's result for one function, before it is priced.

    Attributes:
        title: The issue in one line.
        evidence: What was observed, as label and value.
        change: What to change.
        confidence: How likely the change is to save the computed amount.
        risk: How much harm the change can do.
        risk_reason: Which harm, and how to avoid it.
        effort: How much work the change is. Low: the commands are all of it; medium: it must be tested or measured;
            high: code must be changed or built again.
        after: The function after the change; None if the change deletes it. The same profile if the cost stays.
        bounds: The function after the change where it saves least, and where it saves most; None if nothing is known
            of the error of the estimate.
        assumption: What the saving assumes beyond the evidence; empty if nothing.
        without_waste: The function without its wasted work, used to show the cost of the waste as evidence. The change
            need not save that cost. None if nothing is wasted.
    """

    title: str
    evidence: Mapping[str, str]
    change: Change
    confidence: Level
    risk: Level
    risk_reason: str
    effort: Level
    after: FunctionProfile | None
    bounds: tuple[FunctionProfile, FunctionProfile] | None = None
    assumption: str = ""
    without_waste: FunctionProfile | None = None


@dataclass(frozen=True, kw_only=True)
class Undecided:
    """A rule's result for one function that it cannot judge, because a fact is missing.

    Attributes:
        reason: Why it cannot judge the function, as a clause about it.
        missing: The fact: an attribute of the profile or of a part of it, such as `usage` or `usage.p99_ms`.
    """

    reason: str
    missing: str


Answer = Proposal | Undecided | None
"""A rule's result for one function; None if there is nothing to find."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule: a pure function with what is needed to apply it.

    Attributes:
        name: The identifier in findings and reports.
        title: The issue that the rule looks for, as a heading.
        propose: The decision: a pure function.
        monetary: Whether the change has no purpose but to save money. A change that saves less than a cent is then no
            finding.
        by_duration: Whether the rule depends on billing by duration. Such a rule is not applied to functions on Lambda
            Managed Instances, which AWS bills by instance.
        updates_function: Whether the change updates the function itself. Such a rule is not applied while AWS blocks
            updates of the function's runtime.
    """

    name: str
    title: str
    propose: Callable[[FunctionProfile], Answer]
    monetary: bool = False
    by_duration: bool = False
    updates_function: bool = False


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A priced proposal for one function.

    Attributes:
        rule: The rule's name.
        function: The function's name.
        arn: The function's ARN.
        region: The function's region.
        owner: The function's owner; None without one.
        proposal: What was observed and what to change.
        saving: USD per month that this change saves after the changes of earlier rules, rounded down to the cent. The
            savings of one function can therefore be added up.
        bounds: USD per month that it saves at least and at most, in the error of the estimate; below zero if it may
            cost more. None if the estimate has no known error.
        formula: How the saving is computed.
        category: The section of a report that shows it.
    """

    rule: str
    function: str
    arn: str
    region: str
    owner: str | None
    proposal: Proposal
    saving: Decimal
    bounds: tuple[Decimal, Decimal] | None
    formula: str
    category: Category

    @property
    def identifier(self) -> str:
        """Return `rule:region/function`: the same in every report for the same issue."""
        return f"{self.rule}:{self.region}/{self.function}"
