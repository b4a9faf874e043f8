"""Text of one line in which names of the account may stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Name:
    """A name from the account, such as a function's. Renderers set it as code."""

    text: str


Text = str | Name | tuple[str | Name, ...]
"""Text of one line, in which names may stand."""


def pieces(text: Text) -> Sequence[str | Name]:
    """Return the parts of a text."""
    return text if isinstance(text, tuple) else (text,)


def plain(text: Text) -> str:
    """Return a text without the marks of its names."""
    return "".join(piece.text if isinstance(piece, Name) else piece for piece in pieces(text))
