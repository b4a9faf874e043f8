"""The findings: as cards with everything that is needed to act, and the rest of a long list as a table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from agent.analyst.analysis.finding import Category, Finding
from agent.analyst.report import console
from agent.analyst.report.document import RULE_TITLES, Report, bounds, usd
from agent.analyst.report.outline import headings
from agent.analyst.report.outline.blocks import Block, Card, Cards, Kind, Paragraph, Section, Table
from agent.analyst.report.text import Name, Text

# A report shows a part of a long list; findings.csv and findings.json contain all of it.
MAX_CARDS: Mapping[Category, int] = {Category.OPPORTUNITY: 25, Category.MINOR: 10, Category.ADVICE: 10}
MAX_ROWS = 100

# What a reader has to fill in, such as `<the new version>`.
_BLANK = re.compile(r"<\w[^>]*>")


def sections(report: Report) -> Iterable[Section]:
    """Yield a section for each category of findings."""
    for category, heading in (
        (Category.OPPORTUNITY, headings.OPPORTUNITIES),
        (Category.MINOR, headings.MINOR_SAVINGS),
        (Category.ADVICE, headings.OTHER_RECOMMENDATIONS),
    ):
        found = report.assessment.findings_of(category)
        if found:
            yield Section(heading=heading, blocks=list(_blocks(report, category, found)))


def _blocks(report: Report, category: Category, found: Sequence[Finding]) -> Iterable[Block]:
    if category is Category.MINOR:
        yield Paragraph(text="Make these changes when you change the function for another reason.", kind=Kind.NOTE)
    shown, rest = found[: MAX_CARDS[category]], found[MAX_CARDS[category] :]
    yield Cards(cards=[_card(number, finding, report) for number, finding in enumerate(shown, 1)])
    if rest:
        yield Table(
            columns=headings.columns("Function", "Issue", "Change", figures=[headings.SAVING]),
            rows=[_row(finding) for finding in rest[:MAX_ROWS]],
            more=headings.more(len(rest) - MAX_ROWS, "findings.csv"),
        )


def _card(number: int, finding: Finding, report: Report) -> Card:
    proposal = finding.proposal
    return Card(
        heading=(f"{number}. ", Name(finding.function), f": {headings.within(RULE_TITLES[finding.rule])}"),
        where=_where(finding, report),
        amount=usd(finding.saving) if finding.saving else "",
        range=bounds(finding.bounds) if finding.bounds else "",
        lead=proposal.title,
        change=proposal.change.summary,
        remark=report.narrative.remarks.get(finding.identifier, ""),
        grades=(
            ("confidence", proposal.confidence.value),
            ("risk", proposal.risk.value),
            ("effort", proposal.effort.value),
        ),
        facts=list(_facts(finding)),
        scripts=(_script("To apply", proposal.change.cli), _script("To undo", proposal.change.undo)),
        console=console.function_link(finding.arn),
    )


def _script(label: str, commands: str) -> tuple[str, str]:
    """Return commands with their label, which says whether they have blanks."""
    return (f"{label}: first replace <…>" if _BLANK.search(commands) else label), commands


def _where(finding: Finding, report: Report) -> str:
    if not report.assessment.facts.group_by_tag:
        return finding.region
    return f"{finding.region}, owner: {headings.owner(finding.owner)}"


def _facts(finding: Finding) -> Iterable[tuple[str, Text]]:
    proposal = finding.proposal
    observed = "; ".join(f"{label}: {value}" for label, value in proposal.evidence.items())
    yield "Observed", observed
    if finding.saving:
        yield "Saving a month", f"{finding.formula} = {usd(finding.saving)}"
    if proposal.assumption:
        yield "Assumption", proposal.assumption
    yield "Risk", proposal.risk_reason
    yield "With Pulumi", proposal.change.pulumi


def _row(finding: Finding) -> Sequence[Text]:
    change = finding.proposal.change.summary
    return Name(finding.function), finding.proposal.title, change, headings.saving(finding.saving)
