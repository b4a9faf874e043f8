"""Compiles and renders the templates of the report's pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from agent.harness.journal.visible_text import visible

FOLDER = Path(__file__).parent


def load(name: str, filters: Mapping[str, Callable[..., Any]], *, autoescape: bool) -> Template:
    """Compile a template and all others of its format. Call it at import, so that no run has to wait for it.

    Args:
        name: The template's file name.
        filters: Its own filters.
        autoescape: Whether to escape values for HTML.
    """
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=autoescape,  # noqa: S701  # the filters of the Markdown escape it
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"kind": lambda block: type(block).__name__, **filters}
    for other in environment.list_templates(extensions=[Path(name).suffix.removeprefix(".")]):
        environment.get_template(other)
    return environment.get_template(name)


def render(template: Template, **values: Any) -> str:
    """Render a template with values for its variables, and show the hidden characters in it."""
    return visible(template.render(values))
