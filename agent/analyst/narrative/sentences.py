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
    """Where a key stands.

    Words between two keys belong to the first one up to the end of its clause, and to the second one from there; all of
    them belong to the second one if both keys are in one clause.

    Attributes:
        sentence: Where its sentence begins.
        reach: Where the words before it begin.
        clause: Where those of its own clause begin.
        start: Where its value begins.
        end: Where its value ends.
        after: Where the words after it end, which are of its own clause.
    """

    sentence: int
    reach: int
    clause: int
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
        has_previous = number > 0 and spans[number - 1][0] >= first
        reach = spans[number - 1][1] if has_previous else first
        ends = [
            found.end() for found in _CLAUSE_END.finditer(text, reach, start) if found.end() < start or found[0] != "("
        ]
        own_end = _CLAUSE_END.search(text, end, min(last, following))
        if own_end and (own_end.end() < following or own_end[0] != "("):
            after = own_end.start()
        else:
            after = end if following < last else last
        yield Place(
            sentence=first,
            reach=ends[0] if ends and has_previous else reach,
            clause=ends[-1] if ends else reach,
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
