"""Splits a text into sentences and clauses, and finds the words that belong to each key."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_SENTENCE_END = re.compile(r"[.!?](?=[\s\"\u201d)]|$)|\n+")
# What ends a clause. A bracket directly before a key does not: "the cost ({account.cost})".
_CLAUSE_END = re.compile(
    r"[,;:()\u2013\u2014]|\s-\s|\b(?:and|or|but|while|whereas|although|though|yet|because|since|if|so\sthat|then)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a key stands, and which words belong to it.

    Words between two keys belong to the first one up to the end of its clause, and to the second one from there. All of
    them belong to the second one if both keys are in one clause.

    Attributes:
        sentence: Where its sentence begins.
        clause: Where its clause begins.
        reach: Where the words before it begin.
        near: Where the words before it begin which are of its clause.
        start: Where its value begins.
        end: Where its value ends.
        after: Where the words after it end, which are of its clause.
    """

    sentence: int
    clause: int
    reach: int
    near: int
    start: int
    end: int
    after: int


def places(text: str, spans: Sequence[tuple[int, int]]) -> Iterator[Place]:
    """Yield the places of keys.

    Args:
        text: The text, in which keys and names are hidden.
        spans: Where each value begins and ends, with the words that it replaces, in order.
    """
    for number, (start, end) in enumerate(spans):
        first, last = sentence(text, start)
        following = spans[number + 1][0] if number + 1 < len(spans) else len(text)
        previous = spans[number - 1][1] if number and spans[number - 1][0] >= first else first
        breaks = [
            first,
            *(one.end() for one in _CLAUSE_END.finditer(text, first, start) if one.end() < start or one[0] != "("),
        ]
        own = [one for one in breaks if one > previous]
        stop = _CLAUSE_END.search(text, end, min(last, following))
        if stop and (stop.end() < following or stop[0] != "("):
            after = stop.start()
        else:
            after = end if following < last else last
        yield Place(
            sentence=first,
            clause=breaks[-1],
            reach=own[0] if own and previous != first else previous,
            near=own[-1] if own else previous,
            start=start,
            end=end,
            after=max(end, after),
        )


def sentence(text: str, place: int) -> tuple[int, int]:
    """Return where the sentence around a place begins and ends."""
    start = 0
    for found in _SENTENCE_END.finditer(text):
        if found.start() >= place:
            return start, found.start()
        start = found.end()
    return start, len(text)
