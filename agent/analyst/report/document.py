"""The report before it is rendered: the assessment, the model's words about it, and what changed since the last one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from agent.analyst.analysis.estate import Assessment
from agent.analyst.analysis.finding import Finding, Standing
from agent.analyst.analysis.prices import Meter, PriceTable
from agent.analyst.rules import RULES

COMPUTED = "computed"
"""The author of words that no model wrote."""

RULE_TITLES: Mapping[str, str] = {rule.name: rule.title for rule in RULES}


@dataclass(frozen=True, kw_only=True)
class Narrative:
    """The model's part of a report: words, whose figures have been checked against the findings.

    Attributes:
        summary: The executive summary: paragraphs, separated by blank lines.
        remarks: What it has to say about single findings, by the finding's identifier.
        author: The model's id, or `COMPUTED`.
    """

    summary: str
    remarks: Mapping[str, str] = field(default_factory=dict)
    author: str


@dataclass(frozen=True, kw_only=True)
class NotJudged:
    """A finding of an earlier report that could be neither found again nor called resolved.

    Attributes:
        identifier: The finding's.
        title: What it said.
        saving: USD per month when it was last judged.
        reason: Why it was not judged this time.
    """

    identifier: str
    title: str
    saving: Decimal
    reason: str


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What is different from the report before.

    Attributes:
        since: When that one was made.
        new: Identifiers of findings that it did not have.
        resolved: Findings that it had and that were looked for in vain, as identifier and title.
        regressed: Identifiers of findings whose saving has grown notably.
        not_judged: Findings that it had and that could not be looked for: no change that anybody is told of.
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
        session_id: The run that made it.
        attempt: Which of the run's attempts.
        made_at: When.
        prompt: What was asked.
        prompt_version: Of the system prompt that the model worked under.
        assessment: Costs and findings.
        narrative: The words.
        changes: Since the last report; None if this is the first.
    """

    session_id: str
    attempt: int
    made_at: datetime
    prompt: str
    prompt_version: str
    assessment: Assessment
    narrative: Narrative
    changes: Changes | None = None

    def findings(self, standing: Standing) -> list[Finding]:
        """The findings of one standing, the largest saving first."""
        return list(self.assessment.standing(standing))


def priced_with(table: PriceTable) -> str:
    """Which prices a region was priced with."""
    sentence = f"{table.region} is priced with list prices as of {table.as_of}, from {table.source}."
    if table.supplement is not None:
        sentence += (
            f" Not found there, and taken from list prices as of {table.supplement.as_of}, from "
            f"{table.supplement.source}: {', '.join(sorted(table.supplement.meters))}."
        )
    if not table.borrowed:
        return sentence
    borrowed = "all of them" if len(table.borrowed) == len(Meter) else ", ".join(sorted(table.borrowed))
    return f"{sentence} Priced as in us-east-1, for want of this region's own: {borrowed}."


def usd(amount: Decimal) -> str:
    """An amount as every rendering and every narrative writes it, `$1,234.50`."""
    return f"${amount:,.2f}"


def percent(part: Decimal, whole: Decimal) -> str:
    """A share as every rendering and every narrative writes it, `12.3%`; `0.0%` of nothing."""
    return f"{part / whole * 100 if whole else Decimal(0):.1f}%"
