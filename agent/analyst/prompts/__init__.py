"""System prompts: text files with a version. Each report contains the version of its prompt."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """A system prompt.

    Attributes:
        version: The version that the file's first line declares.
        text: The text for the model.
    """

    version: str
    text: str


def load(name: str) -> Prompt:
    """Read the prompt `name`.md. Its first line is `<!-- version: N -->`.

    Raises:
        ValueError: The file does not begin with its version.
    """
    content = resources.files(__package__).joinpath(f"{name}.md").read_text(encoding="utf-8")
    first, _, text = content.partition("\n")
    if not first.startswith("<!-- version: ") or not first.endswith(" -->"):
        raise ValueError(
            f"The prompt {name}.md does not begin with its version: add '<!-- version: N -->' as its first line"
        )
    return Prompt(version=first.removeprefix("<!-- version: ").removesuffix(" -->"), text=text.strip())
