"""The headline, the figures beside it, and the change to begin with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from agent.analyst.analysis.finding import Category, Finding, Level
from agent.analyst.analysis.prices import Meter
from agent.analyst.analysis.profile import HOURS_PER_MONTH
from agent.analyst.report.document import MONTHS, RULE_TITLES, Report, bounds, percent, usd
from agent.analyst.report.gaps import judged
from agent.analyst.report.outline import discounts, headings
from agent.analyst.report.outline.blocks import Kind, Paragraph, Tile
from agent.analyst.report.text import Name, Text


def sentence(report: Report) -> str:
    """Return the headline."""
    assessment = report.assessment
    if not assessment.functions:
        return "No functions found"
    if not assessment.saving:
        return f"{usd(assessment.cost)} a month, no opportunity to save"
    return f"{usd(assessment.saving)} of {usd(assessment.cost)} a month can be saved"


def context(report: Report) -> Iterable[str]:
    """Yield the account, its regions, the observed time and the prices."""
    facts = report.assessment.facts
    if facts.account:
        yield f"Account {facts.account}"
    yield ", ".join(facts.regions)
    window = facts.window
    yield (
        f"{window.days:.0f} days, {window.start:%-d %b} to {window.last_day:%-d %b %Y}, projected to a month of "
        f"{HOURS_PER_MONTH} hours"
    )
    days = sorted({table.as_of for table in report.assessment.tables.values()})
    dates = " and ".join(f"{day:%-d %b %Y}" for day in dict.fromkeys((days[0], days[-1])))
    yield f"AWS list prices of {dates}, before discounts"


def tiles(report: Report) -> Iterable[Tile]:
    """Yield the figures beside the headline."""
    assessment = report.assessment
    functions = len(assessment.functions)
    decided = judged(assessment)
    checks = Decimal(functions * len(RULE_TITLES))
    made = checks - sum(len(function.undecided) for function in assessment.functions)
    found = {category: len(assessment.findings_of(category)) for category in Category}
    low, high = assessment.bounds
    estimate = "" if low == high else f"; range {bounds((low, high))} a month"
    yield Tile(
        label="Cost a month",
        value=usd(assessment.cost),
        note=f"{functions:,} function{'' if functions == 1 else 's'}, {usd(assessment.cost * MONTHS)} a year"
        + (f"; {usd(assessment.shared_cost)} a month for shared log groups" if assessment.shared else "")
        + (f"; {usd(assessment.cost - assessment.saving)} a month after all changes" if assessment.saving else ""),
    )
    yield Tile(
        label="Possible saving a month",
        value=usd(assessment.saving),
        note=f"{percent(assessment.saving, assessment.cost)} of the cost, {usd(assessment.saving * MONTHS)} a year"
        + estimate,
        is_saving=True,
    )
    yield Tile(
        label="Functions judged",
        value=f"{decided:,} of {functions:,}",
        note="by every rule"
        + (f"; {percent(made, checks)} of all checks could be made, see {headings.GAPS}" if made < checks else ""),
    )
    yield Tile(
        label="Opportunities",
        value=f"{found[Category.OPPORTUNITY]:,}",
        note=f"{headings.MINOR_SAVINGS}: {found[Category.MINOR]:,}; other recommendations: {found[Category.ADVICE]:,}",
    )


def notices(report: Report) -> Iterable[Paragraph]:
    """Yield warnings: the regions whose own prices are not known, and the account's discounts."""
    tables = report.assessment.tables.values()
    none = [table.region for table in tables if len(table.borrowed) == len(Meter)]
    some = [table.region for table in tables if 0 < len(table.borrowed) < len(Meter)]
    if none:
        yield _priced_as_elsewhere("All prices", none)
    if some:
        yield _priced_as_elsewhere("Some prices", some)
    for one in discounts.sentences(report.assessment.facts.discounts):
        yield Paragraph(text=one, kind=Kind.WARNING)


def _priced_as_elsewhere(prices: str, regions: Sequence[str]) -> Paragraph:
    return Paragraph(
        text=f"{prices} of {', '.join(regions)} are those of us-east-1, because this report does not know their own. "
        f"No region is cheaper, so the cost may be higher. The section {headings.METHOD} names these prices.",
        kind=Kind.WARNING,
    )


def begin_with(report: Report) -> Text | None:
    """Return which change to make first, and why; None if nothing can be saved.

    It is the largest saving without low confidence and without high risk; if there is none, the largest saving.
    """
    found = report.assessment.findings_of(Category.OPPORTUNITY)
    if not found:
        return None
    certain = [one for one in found if not _is_doubtful(one)]
    first = (certain or found)[0]
    proposal = first.proposal
    rank = "the largest saving" if first is found[0] else "the largest saving that is neither doubtful nor dangerous"
    return (
        "Begin with ",
        Name(first.function),
        f": {proposal.change.summary}. It is {rank}, {usd(first.saving)} a month or "
        f"{percent(first.saving, report.assessment.saving)} of all savings, with {proposal.confidence.value} "
        f"confidence, {proposal.risk.value} risk and {proposal.effort.value} effort.",
    )


def _is_doubtful(finding: Finding) -> bool:
    return finding.proposal.confidence is Level.LOW or finding.proposal.risk is Level.HIGH
