r"""Shows characters that a reader would not see, or that a terminal would obey.

They are control characters (ESC among them), format characters (those that change the direction of text), characters
without a width and separators of lines. Each becomes an escape as in JSON, such as `\u001b`.
"""

from __future__ import annotations

import re
import unicodedata

_HIDDEN = frozenset({"Cc", "Cs", "Zl", "Zp"})
# Unicode's Default_Ignorable_Code_Point without format characters: joiners, fillers and selectors of variants.
_IGNORABLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff]"
)


def visible(text: str, *, meant: str = "\n\t") -> str:
    """Return a text in which every hidden character is a visible escape.

    Args:
        text: The text.
        meant: Control characters that stay. Pass an empty text for one line.
    """
    if text.isprintable() and not _IGNORABLE.search(text):
        return text
    if meant:  # most lines are returned above, and few are examined character by character
        return meant[0].join(visible(part, meant=meant[1:]) for part in text.split(meant[0]))
    return "".join(_escape(character) if _is_hidden(character) else character for character in text)


def without_invisible(text: str) -> str:
    """Return a text without the format characters and the characters without a width."""
    return "".join(character for character in text if not _is_invisible(character))


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character) == "Cf" or _IGNORABLE.match(character) is not None


def _is_hidden(character: str) -> bool:
    return unicodedata.category(character) in _HIDDEN or _is_invisible(character)


def _escape(character: str) -> str:
    """Return the escape of a character: one code unit of UTF-16, or two, as JSON writes them."""
    units = character.encode("utf-16-be", errors="surrogatepass").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))
