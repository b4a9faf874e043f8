"""The changes since the last report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agent.analyst.analysis.estate import Assessment
from agent.analyst.report.document import RULE_TITLES, Changes, usd
from agent.analyst.report.outline import headings
from agent.analyst.report.outline.blocks import Block, Kind, Paragraph, Section, Table
from agent.analyst.report.text import Name, Text

MAX_LISTED = 20


def section(changes: Changes, assessment: Assessment) -> Section:
    """Return the changes, or a sentence that there are none."""
    return Section(heading=headings.changes(changes.since), blocks=list(_blocks(changes, assessment)))


def _blocks(changes: Changes, assessment: Assessment) -> Iterable[Block]:
    saved = {one.identifier: f"{usd(one.saving)} a month" for one in assessment.findings if one.saving}
    listed: dict[str, list[tuple[str, str | None]]] = {
        "new": [(identifier, saved.get(identifier)) for identifier in changes.new],
        "with a larger saving": [(identifier, saved.get(identifier)) for identifier in changes.regressed],
        "resolved": [(identifier, None) for identifier in changes.resolved],
        "not judged this time": [(one.identifier, one.reason) for one in changes.not_judged],
    }
    counts = [f"{len(found):,} {kind}" for kind, found in listed.items() if found]
    if not changes:
        yield Paragraph(text="Nothing has changed.", kind=Kind.NOTE)
    if counts:
        yield Paragraph(text=f"{', '.join(counts)}.")
        yield Table(
            columns=headings.columns("Function", "Issue", "Finding", "Note"),
            rows=[_row(kind, *one) for kind, found in listed.items() for one in found[:MAX_LISTED]],
            more=headings.more(sum(max(0, len(found) - MAX_LISTED) for found in listed.values()), "findings.json"),
        )


def _row(kind: str, identifier: str, note: str | None) -> Sequence[Text]:
    rule, _, where = identifier.partition(":")
    return Name(where.rpartition("/")[2]), RULE_TITLES.get(rule, rule), kind, note or headings.NONE
