"""The report as one HTML file that needs nothing else."""

from __future__ import annotations

import html

from agent.report import markdown
from agent.report.document import Report


def render(report: Report) -> str:
    """The report as a page."""
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><title>AWS Lambda costs</title>"
        f"<pre>{html.escape(markdown.render(report))}</pre>"
    )
