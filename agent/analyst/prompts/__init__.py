"""System prompts: text files with a version, so that a report can say which one it was written under."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """A system prompt.

    Attributes:
        version: What its first line declares.
        text: What the model is told.
    """

    version: str
    text: str


def load(name: str) -> Prompt:
    """Read the prompt `name`.md. Its first line is `<!-- version: N -->`.

    Raises:
        ValueError: If it does not begin with its version.
    """
    content = resources.files(__package__).joinpath(f"{name}.md").read_text(encoding="utf-8")
    first, _, text = content.partition("\n")
    if not first.startswith("<!-- version: ") or not first.endswith(" -->"):
        raise ValueError(f"The prompt {name}.md must begin with a line '<!-- version: N -->'")
    return Prompt(version=first.removeprefix("<!-- version: ").removesuffix(" -->"), text=text.strip())
