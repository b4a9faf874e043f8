"""The report as Markdown, for terminals, tickets and chats: the same outline as the HTML page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agent.analyst.report.document import Report
from agent.analyst.report.outline import headings
from agent.analyst.report.outline.blocks import Chart, Column
from agent.analyst.report.outline.outline import outline
from agent.analyst.report.pages import templates
from agent.analyst.report.pages.escaping import code_block, escaped, escaped_lines, unmarked
from agent.analyst.report.text import Text, plain


def render(report: Report) -> str:
    """Render the report as Markdown."""
    return templates.render(_PAGE, outline=outline(report)).rstrip() + "\n"


def _columns(chart: Chart) -> Sequence[Column]:
    return headings.columns(chart.subject, figures=chart.figures)


def _cells(chart: Chart) -> Iterator[Sequence[Text]]:
    return ((bar.label, *bar.amounts) for bar in chart.bars)


_PAGE = templates.load(
    "page.md",
    {
        "line": lambda text: escaped(plain(text)),
        "lines": lambda text: escaped_lines(plain(text)),
        # The sources of the prices stay links.
        "linked": lambda text: unmarked(plain(text)),
        "code": code_block,
        "columns": _columns,
        "cells": _cells,
    },
    autoescape=False,
)
