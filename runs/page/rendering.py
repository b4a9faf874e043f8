"""Renders pages. Every text from outside is escaped, and its hidden characters become visible."""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from agent.harness.journal.visible_text import visible
from runs.cli import text

ASSETS = Path(__file__).parent / "static"
_TEMPLATES = Path(__file__).parent / "templates"
_COMMAND = re.compile(r"'((?:aws|make|pulumi|runs) [^']+)'")
_SHORT_ID = 8


def render(template: str, **values: Any) -> Markup:
    """Return a rendered template.

    Args:
        template: Its name, without the suffix.
        values: What it shows.
    """
    return Markup(_environment().get_template(f"{template}.html").render(**values))  # noqa: S704  # escaped by jinja2


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "age": text.age,
        "count": text.count,
        "duration": text.duration,
        "exact": _exact,
        "instructions": _instructions,
        "short": lambda session_id: session_id[:_SHORT_ID],
        "usd": text.usd,
    }
    environment.globals |= {"look": text.look, "requester": text.requester, "outcome": text.outcome}
    return environment


def _shown(value: Any) -> Any:
    """Return markup as it is, and a text with its hidden characters visible."""
    if isinstance(value, Markup):
        return value
    return text.UNKNOWN if value is None else visible(str(value))


def _exact(moment: datetime | None) -> str:
    """Return a moment in the local time zone. The reader has the same one: the page is on the reader's machine."""
    return text.UNKNOWN if moment is None else f"{moment.astimezone():%a %d %b %Y %H:%M:%S %Z}".strip()


def _instructions(message: str) -> Markup:
    """Return a message in which commands, such as 'aws sso login', look like commands."""
    return Markup(_COMMAND.sub(r"<code>\1</code>", str(escape(visible(message))).replace("&#39;", "'")))  # noqa: S704
