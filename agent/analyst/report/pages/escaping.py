"""Escapes text for Markdown (CommonMark and GitHub's flavour)."""

from __future__ import annotations

import re

# Characters with a meaning within a line in CommonMark and on GitHub. An underscore within a word has none.
_INLINE = re.compile(r"[\\`*\[\]<>|~]|(?<!\w)_|_(?!\w)")
# Characters that begin a heading or a list. Lines are trimmed, so they cannot begin a code block.
_LEADING = re.compile(r"^([#+=-])")
_NUMBERED = re.compile(r"^(\d{1,9})([.)])(?=\s|$)")
# GitHub turns plain addresses into links.
_ADDRESS = re.compile(r"(?i)(:)(?=//)|(www)(?=\.)")


def escaped_lines(paragraph: str) -> str:
    """Escape a paragraph and keep its line breaks."""
    return "\n".join(escaped(line) for line in paragraph.splitlines() if line.strip())


def escaped(text: str) -> str:
    """Escape text into one line without markup or links."""
    return _ADDRESS.sub(lambda found: f"{found[0]}\\", unmarked(text))


def unmarked(text: str) -> str:
    """Escape text into one line without markup; addresses stay links."""
    text = _INLINE.sub(r"\\\g<0>", " ".join(text.split()))
    return _NUMBERED.sub(r"\1\\\2", _LEADING.sub(r"\\\1", text))


def code_block(commands: str) -> str:
    """Return a code block that its content cannot end."""
    fence = "`" * max(3, _longest_run(commands) + 1)
    return f"{fence}sh\n{commands}\n{fence}"


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)
