"""The report as Markdown, for terminals, tickets and chats: the same outline as the HTML page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import singledispatch

from agent.analyst.report.document import Report
from agent.analyst.report.markdown.text import code_block, escaped, escaped_lines, unmarked
from agent.analyst.report.outline.blocks import (
    Block,
    Bullets,
    Card,
    Cards,
    Column,
    Groups,
    Kind,
    Outline,
    Paragraph,
    Table,
)
from agent.analyst.report.outline.chart_blocks import Chart, Charts
from agent.analyst.report.outline.outline import outline
from agent.analyst.report.text import Name, Text, pieces
from agent.harness.journal.visible_text import visible


def render(report: Report) -> str:
    """Render the report as Markdown."""
    return visible("\n\n".join(_parts(outline(report)))) + "\n"


def _parts(found: Outline) -> Iterable[str]:
    yield f"# {escaped(found.headline)}"
    yield escaped(" · ".join(["AWS Lambda cost report", *found.context]))
    for notice in found.notices:
        yield from _block(notice)
    tiles = [(tile.label, tile.value, tile.note) for tile in found.tiles]
    yield _table([Column(title=title) for title in ("Figure", "Value", "Meaning")], tiles)
    for section in found.sections:
        yield f"## {escaped(section.heading)}"
        for block in section.blocks:
            yield from _block(block)


@singledispatch
def _block(block: Block) -> Iterable[str]:
    raise TypeError(f"There is no Markdown for {type(block).__name__}: add a function")


@_block.register
def _paragraph(paragraph: Paragraph) -> Iterable[str]:
    text = escaped_lines(_joined(paragraph.text))
    yield f"**{text}**" if paragraph.kind in (Kind.WARNING, Kind.ADVICE) else text


@_block.register
def _bullets(bullets: Bullets) -> Iterable[str]:
    # Links stay: they are the sources of the prices.
    yield "\n".join(f"- {unmarked(_joined(item))}" for item in bullets.items)


@_block.register
def _table_block(table: Table) -> Iterable[str]:
    yield _table(table.columns, table.rows)
    if table.more:
        yield escaped(table.more)


@_block.register
def _charts(charts: Charts) -> Iterable[str]:
    for chart in charts.charts:
        yield f"**{escaped(chart.title)}**"
        yield _chart(chart)


@_block.register
def _groups(groups: Groups) -> Iterable[str]:
    yield "\n".join(f"- {escaped(one.label)}: {'; '.join(_line(item) for item in one.items)}" for one in groups.groups)


@_block.register
def _cards(cards: Cards) -> Iterable[str]:
    for card in cards.cards:
        yield from _card(card)


def _card(card: Card) -> Iterable[str]:
    yield f"### {_line(card.heading)}"
    saving = f" Saves {card.amount} a month." if card.amount else ""
    yield f"{escaped(card.lead)}. **{escaped(card.change)}.**{saving}"
    if card.remark:
        yield f"> {escaped(card.remark)}"
    grades = ", ".join(f"{level} {label}" for label, level in card.grades)
    facts = [f"- {escaped(label)}: {_line(value)}" for label, value in card.facts]
    link = [f"- Console: <{card.console}>"] if card.console else []
    yield "\n".join([f"- Grades: {grades}", *facts, *link])
    for script in card.scripts:
        yield f"{escaped(script.label)}:"
        yield "\n".join(code_block(script.commands))


def _chart(chart: Chart) -> str:
    columns = [Column(title=chart.subject), *(Column(title=title, is_figure=True) for title in chart.figures)]
    return _table(columns, [(_labelled(bar.label, bar.note), *bar.amounts) for bar in chart.bars])


def _labelled(label: Text, note: str) -> Text:
    return (*pieces(label), f": {note}") if note else label


def _table(columns: Sequence[Column], rows: Iterable[Sequence[Text]]) -> str:
    ruler = ["---:" if column.is_figure else "---" for column in columns]
    lines = [[escaped(column.title) for column in columns], ruler, *([_line(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _line(text: Text) -> str:
    return escaped(_joined(text))


def _joined(text: Text) -> str:
    return "".join(piece.text if isinstance(piece, Name) else piece for piece in pieces(text))
