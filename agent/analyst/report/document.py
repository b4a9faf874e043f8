"""The report before it is rendered: the assessment, the narrative, and the changes since the last report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from agent.analyst.analysis.estate import Assessment
from agent.analyst.rules import RULES

COMPUTED = "computed"
"""The author of a narrative that no model wrote."""

MONTHS = 12
"""Months of a year."""

RULE_TITLES: Mapping[str, str] = {rule.name: rule.title for rule in RULES}


@dataclass(frozen=True, kw_only=True)
class Narrative:
    """The text of a report. Its figures have been checked against the findings.

    Attributes:
        summary: The executive summary: paragraphs, separated by blank lines.
        remarks: Remarks on single findings, by the finding's identifier.
        author: The model's id, or `COMPUTED`.
    """

    summary: str
    remarks: Mapping[str, str] = field(default_factory=dict)
    author: str


@dataclass(frozen=True, kw_only=True)
class NotJudged:
    """A finding of an earlier report whose rule could not judge its function this time.

    Attributes:
        identifier: The finding's identifier.
        title: The finding's title.
        saving: USD per month when it was last judged.
        reason: Why it was not judged this time.
    """

    identifier: str
    title: str
    saving: Decimal
    reason: str


@dataclass(frozen=True, kw_only=True)
class Changes:
    """The differences from the last report.

    Attributes:
        since: When the last report was made.
        new: Identifiers of findings that the last report did not contain.
        resolved: Titles by identifier of findings that the last report contained and that are gone.
        regressed: Identifiers of findings whose saving has grown by more than a tenth and at least a dollar.
        not_judged: Findings of the last report that could not be judged. They are not counted as a change.
    """

    since: datetime
    new: tuple[str, ...]
    resolved: Mapping[str, str]
    regressed: tuple[str, ...]
    not_judged: tuple[NotJudged, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.new or self.resolved or self.regressed)


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything that a rendering needs.

    Attributes:
        session_id: The id of the run that made it.
        attempt: The attempt's number, from 1.
        made_at: When it was made, in UTC.
        prompt: The request.
        prompt_version: The version of the system prompt.
        assessment: Costs and findings.
        narrative: The text.
        changes: The changes since the last report; None if this is the first.
    """

    session_id: str
    attempt: int
    made_at: datetime
    prompt: str
    prompt_version: str
    assessment: Assessment
    narrative: Narrative
    changes: Changes | None = None


def usd(amount: Decimal) -> str:
    """Format an amount for reports and narratives: `$1,234.50`."""
    return f"${amount:,.2f}"


def bounds(amounts: tuple[Decimal, Decimal]) -> str:
    """Format a range of amounts: `$1.00 to $2.50`; one below zero has a minus sign."""
    low, high = (f"\N{MINUS SIGN}{usd(-amount)}" if amount < 0 else usd(amount) for amount in amounts)
    return f"{low} to {high}"


def percent(part: Decimal, whole: Decimal) -> str:
    """Format a share for reports and narratives: `12.3%`; `0.0%` if the whole is zero."""
    return f"{part / whole * 100 if whole else Decimal(0):.1f}%"
