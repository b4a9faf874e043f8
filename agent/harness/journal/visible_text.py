r"""Shows characters that a reader would not see, or that a terminal would obey.

They are control characters (ESC among them), format characters (those that change the direction of text, and those
without a width) and separators of lines. Each becomes an escape as in JSON, such as `\u001b`.
"""

from __future__ import annotations

import unicodedata

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def visible(text: str, *, meant: str = "\n\t") -> str:
    """Return a text in which every hidden character is a visible escape.

    Args:
        text: The text.
        meant: Control characters that stay. Pass an empty text for one line.
    """
    if text.isprintable():
        return text
    return "".join(
        _escape(character) if unicodedata.category(character) in _HIDDEN and character not in meant else character
        for character in text
    )


def _escape(character: str) -> str:
    """Return the escape of a character: one code unit of UTF-16, or two, as JSON writes them."""
    units = character.encode("utf-16-be", errors="surrogatepass").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))
