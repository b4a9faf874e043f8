"""What a rule proposes, and the finding that comes of it once it is priced."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from agent.analyst.analysis.profile import FunctionProfile


class Level(StrEnum):
    """A grade, for confidence and for risk alike."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Standing(StrEnum):
    """How a finding is presented."""

    OPPORTUNITY = "opportunity"  # worth a change for its money alone
    MINOR = "minor"  # saves less than the threshold: listed, not sold
    ADVICE = "advice"  # saves nothing by itself: reliability, security, hygiene


@dataclass(frozen=True, kw_only=True)
class Change:
    """Exactly what to change.

    Attributes:
        summary: The change in a few words.
        cli: AWS CLI commands, one per line.
        pulumi: The property of the Pulumi resource, with its new value.
    """

    summary: str
    cli: str
    pulumi: str


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What a rule says about one function, before it is priced.

    Attributes:
        title: The matter in one line.
        evidence: What was seen, as label and value.
        change: What to do about it.
        confidence: How sure it is that the saving comes about.
        risk: How much can go wrong with the change.
        risk_reason: What that would be, and how to guard against it.
        assumption: What the saving takes for granted beyond the evidence; empty if nothing.
        after: The function as the change leaves it; None if it is deleted. The same profile where costs stay.
        without_waste: The function without what it pays for in vain, of which the change need not save anything; its
            difference is priced into the evidence. None where nothing is wasted.
    """

    title: str
    evidence: Mapping[str, str]
    change: Change
    confidence: Level
    risk: Level
    risk_reason: str
    after: FunctionProfile | None
    assumption: str = ""
    without_waste: FunctionProfile | None = None


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A row in the table of rules.

    Attributes:
        name: Its identifier in findings and reports.
        title: What it looks for, as a heading.
        needs: The profile's attributes without which it cannot decide.
        monetary: Whether money is its only point, so that a change that saves less than a cent is no finding.
        by_duration: Whether it is about memory, processor or time in so far as AWS bills them, which it does not on
            Lambda Managed Instances: it has nothing to say of functions on these.
        updates_function: Whether its change updates the function itself, which AWS refuses once updates are blocked for
            its runtime: it waits until the function has another one.
        propose: The decision, a pure function.
    """

    name: str
    title: str
    propose: Callable[[FunctionProfile], Proposal | None]
    needs: tuple[str, ...] = ()
    monetary: bool = False
    by_duration: bool = False
    updates_function: bool = False


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A priced proposal for one function.

    Attributes:
        rule: The rule's name.
        function: The function's name.
        arn: Its ARN.
        region: Its region.
        proposal: What was seen and what to change.
        saving: USD per month that this change saves once the findings listed before it are carried out, rounded down
            to the cent. Savings of one function may therefore be added up.
        formula: How the saving is computed.
        standing: How it is presented.
    """

    rule: str
    function: str
    arn: str
    region: str
    proposal: Proposal
    saving: Decimal
    formula: str
    standing: Standing

    @property
    def identifier(self) -> str:
        """The same in every report for the same matter: `rule:region/function`."""
        return f"{self.rule}:{self.region}/{self.function}"
