"""Splits a text into sentences, and a sentence into the windows around its keys."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

_SENTENCE_END = re.compile(r"[.!?](?=[\s\"\u201d)]|$)|\n+")
_COMMA = re.compile(
    r"[,;:()\u2013\u2014]|\s-\s|\b(?:while|whereas|but|although|though|because|since|if|so\sthat|then)\b", re.IGNORECASE
)
# Between a value and a share of it: "saves {…} a month ({…})", "saves {…}, or {…}, of it".
_APPOSITION = re.compile(r"(?:\s(?:a|per)\smonth)?(?:\s\(|,\s(?:or\s|that\sis\s|about\s)?|\s[\u2013\u2014]\s)")
_AFTER_APPOSITION = re.compile(r"\)|,")
_AND = re.compile(rf"{_COMMA.pattern}|\b(?:and|or)\b", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Window:
    """The words around one key, up to the keys beside it or the sentence's ends.

    Attributes:
        start: Where the words before the key begin.
        key_start: Where the key begins.
        key_end: Where it ends.
        end: Where the words after it end.
        first: Whether it is the first key of its sentence.
    """

    start: int
    key_start: int
    key_end: int
    end: int
    first: bool


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """One sentence.

    Attributes:
        start: Where it begins.
        end: Where it ends.
        windows: The windows of its keys.
        begins_paragraph: Whether a blank line is before it.
    """

    start: int
    end: int
    windows: Sequence[Window]
    begins_paragraph: bool


def sentences(text: str, spans: Sequence[tuple[int, int]], shares: Collection[int] = ()) -> Iterator[Sentence]:
    """Yield the sentences of a text.

    Args:
        text: The text, in which keys and names are hidden.
        spans: Where each key begins and ends, with the words that belong to its value.
        shares: Where shares begin. One that stands beside an amount has the same window.
    """
    start, paragraph = 0, True
    for end, following, blank in [*_ends(text), (len(text), len(text), False)]:
        inside = [span for span in spans if start <= span[0] < following]
        if text[start:end].strip():
            yield Sentence(
                start=start,
                end=end,
                windows=_joined(text, list(_windows(inside, start, end)), shares),
                begins_paragraph=paragraph,
            )
            paragraph = False
        paragraph = paragraph or blank
        start = following


def comma_before(text: str, window: Window, *, also_and: bool = False) -> int:
    """Return where the clause that contains a key begins: after the last comma, or conjunction, of its window."""
    breaks = [found.end() for found in (_AND if also_and else _COMMA).finditer(text, window.start, window.key_start)]
    return breaks[-1] if breaks else window.start


def comma_after(text: str, window: Window) -> int:
    """Return where the clause that contains a key ends: at the next comma or conjunction of its window."""
    found = _AND.search(text, window.key_end, window.end)
    return found.start() if found else window.end


def _ends(text: str) -> Iterator[tuple[int, int, bool]]:
    for found in _SENTENCE_END.finditer(text):
        yield found.start(), found.end(), "\n\n" in found[0]


def _windows(spans: Sequence[tuple[int, int]], start: int, end: int) -> Iterator[Window]:
    for index, (key_start, key_end) in enumerate(spans):
        yield Window(
            start=spans[index - 1][1] if index else start,
            key_start=key_start,
            key_end=key_end,
            end=spans[index + 1][0] if index + 1 < len(spans) else max(end, key_end),
            first=index == 0,
        )


def _joined(text: str, windows: Sequence[Window], shares: Collection[int]) -> Sequence[Window]:
    """Give an amount and the share beside it one window around both."""
    joined = list(windows)
    for number, (before, window) in enumerate(itertools.pairwise(windows), 1):
        between = text[before.key_end : window.key_start]
        if window.key_start in shares and _APPOSITION.fullmatch(between):
            after = _AFTER_APPOSITION.match(text, window.key_end, window.end)
            both = replace(joined[number - 1], key_end=after.end() if after else window.key_end, end=window.end)
            joined[number - 1 : number + 1] = [both, both]
    return joined
