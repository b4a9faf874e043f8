"""The report as one self-contained HTML file: no font, no network, and one script, which copies commands."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from agent.analyst.report.document import Report
from agent.analyst.report.outline.blocks import Block
from agent.analyst.report.outline.chart_blocks import Segment
from agent.analyst.report.outline.outline import outline
from agent.analyst.report.text import Name, Text, pieces
from agent.harness.journal.visible_text import visible

if TYPE_CHECKING:
    from markupsafe import Markup

_FOLDER = Path(__file__).parent
# On a phone, a table with at most this many columns is shown row by row; a wider one scrolls sideways.
_MAX_STACKED = 5
# Widths of bars are in per mille of the column. A small part must still be visible.
_WIDTH = 1_000
_MIN_WIDTH = 4


def render(report: Report) -> str:
    """Render the report as an HTML page."""
    # Imported late: an agent that starts need not wait for it.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"text": _text, "kind": _kind}
    environment.globals |= {"max_stacked": _MAX_STACKED, "bar": _bar}
    style, script = ((_FOLDER / name).read_text(encoding="utf-8") for name in ("style.css", "copy.js"))
    page = environment.get_template("page.html").render(
        outline=outline(report),
        policy=_policy(style, script),
        style=Markup(style),  # noqa: S704  # our own file
        script=Markup(script),  # noqa: S704  # our own file
    )
    return visible(page)


def _policy(style: str, script: str) -> str:
    """Return a policy that allows our own style and script and nothing else."""
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; base-uri 'none'; "
        "form-action 'none'"
    )


def _digest(content: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}"


def _kind(block: Block) -> str:
    return type(block).__name__


def _text(text: Text) -> Markup:
    """Escape a text, and set its names as code."""
    from markupsafe import Markup, escape

    return Markup().join(
        Markup("<code>{}</code>").format(piece.text) if isinstance(piece, Name) else escape(piece)
        for piece in pieces(text)
    )


def _bar(segment: Segment) -> tuple[int, int]:
    """Return where a part of a bar begins, and its width."""
    return round(segment.start * _WIDTH), max(_MIN_WIDTH, round(segment.share * _WIDTH))
