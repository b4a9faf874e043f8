"""Renders the templates of the report's pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from agent.harness.journal.visible_text import visible

FOLDER = Path(__file__).parent


def render(name: str, filters: Mapping[str, Callable[..., Any]], *, autoescape: bool, **values: Any) -> str:
    """Render a template, and show the hidden characters in it.

    Args:
        name: The template's file name.
        filters: Its own filters.
        autoescape: Whether to escape values for HTML.
        values: Its variables.
    """
    # Imported late: an agent that starts need not wait for it.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=autoescape,  # noqa: S701  # the filters of the Markdown escape it
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"kind": lambda block: type(block).__name__, **filters}
    return visible(environment.get_template(name).render(values))
