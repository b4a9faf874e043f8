"""The changes since the last report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agent.analyst.report.document import RULE_TITLES, Changes
from agent.analyst.report.outline import headings
from agent.analyst.report.outline.blocks import Block, Group, Groups, Kind, Paragraph, Section
from agent.analyst.report.text import Name, Text

MAX_LISTED = 20


def section(changes: Changes) -> Section:
    """Return the changes, or a sentence that there are none."""
    return Section(heading=headings.changes(changes.since), blocks=list(_blocks(changes)))


def _blocks(changes: Changes) -> Iterable[Block]:
    if not changes:
        yield Paragraph(text="Nothing has changed.", kind=Kind.NOTE)
    groups = [
        _group("new", "new", [_readable(identifier) for identifier in changes.new]),
        _group("resolved", "resolved", [_readable(identifier) for identifier in changes.resolved]),
        _group("regressed", "regressed", [_readable(identifier) for identifier in changes.regressed]),
        _group(
            "not judged this time",
            "not-judged",
            [(*_readable(one.identifier), f" ({one.reason})") for one in changes.not_judged],
        ),
    ]
    if found := [group for group in groups if group.items]:
        yield Groups(groups=found)


def _group(label: str, kind: str, items: Sequence[Text]) -> Group:
    left_out = len(items) - MAX_LISTED
    more = [f"and {left_out:,} more"] if left_out > 0 else []
    return Group(label=f"{len(items):,} {label}", kind=kind, items=[*items[:MAX_LISTED], *more])


def _readable(identifier: str) -> tuple[str | Name, ...]:
    rule, _, where = identifier.partition(":")
    return Name(where.rpartition("/")[2]), f": {headings.within(RULE_TITLES.get(rule, rule))}"
