"""The report as one self-contained HTML file: no font, no network, and one script, which copies commands."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator

from markupsafe import Markup, escape

from agent.analyst.report.document import Report
from agent.analyst.report.outline.blocks import Bar, Part
from agent.analyst.report.outline.outline import outline
from agent.analyst.report.pages import templates
from agent.analyst.report.text import Name, Text, pieces

# Widths of bars are in per mille of the column. A small part must still be visible.
_WIDTH = 1_000
_MIN_WIDTH = 4


def render(report: Report) -> str:
    """Render the report as an HTML page."""
    style, script = _read("style.css") + _read("print.css"), _read("copy.js")
    return templates.render(
        _PAGE,
        outline=outline(report),
        policy=_policy(style, script),
        style=Markup(style),  # noqa: S704  # our own file
        script=Markup(script),  # noqa: S704  # our own file
    )


def _read(name: str) -> str:
    return (templates.FOLDER / name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    """Return a policy that allows our own style and script and nothing else."""
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; base-uri 'none'; "
        "form-action 'none'"
    )


def _digest(content: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}"


def _text(text: Text) -> Markup:
    """Escape a text, and set its names as code."""
    return Markup().join(
        Markup("<code>{}</code>").format(piece.text) if isinstance(piece, Name) else escape(piece)
        for piece in pieces(text)
    )


def _anchor(heading: str) -> str:
    """Return the id of a section."""
    return re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")


def _options(commands: str) -> Markup:
    """Mark the options of commands: a long line breaks between them, not within."""
    lines = [re.split(r" (?=--)", line) for line in commands.splitlines()]
    return Markup("\n").join(
        Markup(" ").join(Markup("<span>{}</span>").format(option) for option in line) for line in lines
    )


def _rectangles(bar: Bar) -> Iterator[tuple[Part, int, int]]:
    """Yield each part of a bar, where it begins and its width."""
    start = 0
    for part, share in bar.parts:
        if share > 0:
            width = max(_MIN_WIDTH, round(share * _WIDTH))
            yield part, start, width
            start += width


_PAGE = templates.load(
    "page.html",
    {"text": _text, "anchor": _anchor, "options": _options, "rectangles": _rectangles},
    autoescape=True,
)
