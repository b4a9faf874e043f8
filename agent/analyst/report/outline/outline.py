"""Builds the outline of a report: its sections in order."""

from __future__ import annotations

import re
from collections.abc import Iterable

from agent.analyst.report.document import Report
from agent.analyst.report.outline import cards, charts, headings, headline, limits, method, since, tables
from agent.analyst.report.outline.blocks import Block, Facts, Kind, Outline, Paragraph, Section
from agent.analyst.report.text import Name, Text


def outline(report: Report) -> Outline:
    """Build the outline of a report."""
    return Outline(
        headline=headline.sentence(report),
        context=list(headline.context(report)),
        tiles=list(headline.tiles(report)),
        notices=list(headline.notices(report)),
        sections=list(_sections(report)),
    )


def _sections(report: Report) -> Iterable[Section]:
    yield Section(heading=headings.SUMMARY, blocks=list(_summary(report)))
    if report.changes is not None:
        yield since.section(report.changes, report.assessment)
    yield from charts.overview(report)
    yield from tables.cost_by_owner(report)
    yield from cards.sections(report)
    yield from tables.cost_by_function(report)
    yield from limits.section(report)
    yield tables.gaps(report)
    yield Section(heading=headings.METHOD, blocks=[Facts(facts=list(method.facts(report)))])


def _summary(report: Report) -> Iterable[Block]:
    advice = headline.begin_with(report)
    if advice is not None:
        yield Paragraph(text=advice, kind=Kind.ADVICE)
    for paragraph in re.split(r"\n\s*\n", report.narrative.summary.strip()):
        yield Paragraph(text=_with_names(paragraph, report))


def _with_names(text: str, report: Report) -> Text:
    """Mark the names of functions with findings."""
    names = sorted({finding.function for finding in report.assessment.findings}, key=len, reverse=True)
    if not names:
        return text
    pattern = rf"(?<![\w-])({'|'.join(map(re.escape, names))})(?![\w-])"
    return tuple(Name(piece) if number % 2 else piece for number, piece in enumerate(re.split(pattern, text)) if piece)
