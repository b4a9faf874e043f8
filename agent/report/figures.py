"""The figures in a text: which it names, and which of them are known."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a figure is of: an amount of money is not known because a percentage happens to be the same number."""

    AMOUNT = "amount"
    PERCENTAGE = "percentage"
    QUANTITY = "quantity"


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A figure as a text names it.

    Attributes:
        text: As it is written, with its unit.
        kind: What it is of.
        value: Its number; None where it is in words, or in a currency or scale that nothing here is told in.
        decimals: How many it is written with.
    """

    text: str
    kind: Kind
    value: Decimal | None
    decimals: int = 0


_NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)?\.\d+|\d{1,3}(?:,\d{3})+|\d+"
_SCALE = r"(?:k|m|mn|bn|thousand|million|billion|hundred|grand)\b"
_FOREIGN = r"[€£¥]|EUR\b|GBP\b|JPY\b|euros?\b|pounds?\b|yen\b"
_DOLLARS = r"US\$|USD\b|\$|US dollars?\b|dollars?\b|bucks\b"
_PERCENT = r"%|percent\b|per cent\b|pct\b|percentage points?\b"
_JOINING = r"(?:a|an|and|are|as|at|by|for|from|in|is|of|on|or|per|the|to|was|were|which|with)\b"
_FIGURE = re.compile(
    rf"(?P<before>(?:{_DOLLARS}|{_FOREIGN})\s*)?(?<![\w])(?P<number>{_NUMBER})"
    rf"(?P<scale>\s*{_SCALE})?(?P<after>\s*(?:{_DOLLARS}|{_FOREIGN}|cents?\b|{_PERCENT}))?(?P<unit>\s*(?!{_JOINING})[A-Za-z]+(?:-[a-z]+)?)?",
    re.IGNORECASE,
)
_MONEY_UNTOLD = re.compile(rf"(?:{_FOREIGN}|cents?)", re.IGNORECASE)  # here all amounts are in dollars
_SHARE = re.compile(rf"(?:{_PERCENT})", re.IGNORECASE)

_UNITS = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen"
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_NUMERAL = rf"(?:{_UNITS}|{_TENS}|hundred|thousand|million|billion|dozens?)"
_IN_WORDS = re.compile(
    rf"\b(?:{_NUMERAL}[\s-]+)+(?:dollars?|bucks|cents?|euros?|percent|per cent|pct|times)\b"
    rf"|\b(?:(?:a|an|one|two|three|four)[\s-]+)?(?:half|halves|thirds?|quarters?|fifths?|tenths?)\s+(?:of|the|its|as|less|more)\b"
    r"|\b(?:two|three|four)[\s-]+(?:thirds|quarters|fifths|tenths)\b",
    re.IGNORECASE,
)

_WORD = re.compile(r"[\w/][\w./:$-]*")
_MONTH = r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
# Numbers that count nothing: dates, versions, the markers of a list, and how long somebody should watch something.
_NOT_FIGURES = re.compile(
    r"\d{4}-\d{2}-\d{2}"
    rf"|\d{{1,2}} {_MONTH}(?: \d{{4}})?|{_MONTH} \d{{1,2}}(?:, \d{{4}})?|{_MONTH} \d{{4}}"
    r"|\b(?:in|since|until) 20\d\d\b(?![.,]\d)"
    r"|\b(?:python|node\.?js|java|ruby|\.net|version|linux)\s*\d+(?:\.\d+)*(?:\.x)?"
    r"|https?://\S+|arn:\S+|\b\d{1,3}(?:\.\d{1,3}){3}\b|\b\d{12}\b"
    r"|\b[a-z]{2}(?:-[a-z]+)+-\d\b"
    r"|^\s*\d{1,2}[.)]\s"
    r"|\bfor (?:the next |another |at least )?\d{1,2} (?:hours?|days?|weeks?)\b",
    re.IGNORECASE | re.MULTILINE,
)


def named(text: str, names: Set[str] = frozenset()) -> Iterator[Figure]:
    """Every figure of a text, but for numbers within names, dates, versions and the like.

    Args:
        text: In plain words.
        names: Of functions and whatever else may have numbers in it: words, in the sense of `_WORD`.
    """
    text = _WORD.sub(lambda word: " " if word[0].rstrip(".:") in names else word[0], text)
    text = _NOT_FIGURES.sub(" ", text)
    for match in _IN_WORDS.finditer(text):
        yield Figure(text=match[0], kind=Kind.QUANTITY, value=None)
    for match in _FIGURE.finditer(text):
        yield _figure(match)


class Known:
    """The figures that documents hold, in every way in which they may be repeated.

    Args:
        documents: Plain data, whose strings may hold figures too.
        names: As in `named`.
    """

    def __init__(self, documents: Iterable[Any], names: Set[str] = frozenset()) -> None:
        self._values: dict[Kind, set[Decimal]] = {kind: set() for kind in Kind}
        for leaf in set(_leaves(documents)):  # most sentences stand in many places
            if isinstance(leaf, str):
                for figure in named(leaf, names):
                    if figure.value is not None:
                        self._values[figure.kind].add(figure.value)
            elif isinstance(leaf, int | float | Decimal) and not isinstance(leaf, bool):
                self._values[Kind.QUANTITY].add(Decimal(str(leaf)))

    def holds(self, figure: Figure) -> bool:
        """Whether a figure is one of them, or one of them rounded to fewer decimals."""
        value = figure.value
        if value is None:
            return False
        # A plain number may be an amount or a share whose unit stands further off.
        kinds = Kind if figure.kind is Kind.QUANTITY else (figure.kind,)
        return any(_is_rounded(value, figure.decimals, known) for kind in kinds for known in self._values[kind])


def _is_rounded(value: Decimal, decimals: int, known: Decimal) -> bool:
    if value == known:
        return True
    # Rounding what is small tells something else: 40 cents are not nothing, nor a dollar.
    if known < (10 if decimals == 0 else 1):
        return False
    step = Decimal(1).scaleb(-decimals)
    return value in (known.quantize(step, ROUND_HALF_UP), known.quantize(step, ROUND_DOWN))


def _figure(match: re.Match[str]) -> Figure:
    number = match["number"].replace(",", "")
    marks = [mark.strip() for mark in (match["before"], match["after"]) if mark]
    kind = Kind.QUANTITY
    if marks:
        kind = Kind.PERCENTAGE if all(map(_SHARE.fullmatch, marks)) else Kind.AMOUNT
    untold = match["scale"] or any(map(_MONEY_UNTOLD.fullmatch, marks))
    unit = "" if marks else match["unit"] or ""
    text = "".join((match["before"] or "", match["number"], match["scale"] or "", match["after"] or "", unit))
    return Figure(
        text=text.strip(),
        kind=kind,
        value=None if untold else Decimal(number),
        decimals=len(number.partition(".")[2]),
    )


def _leaves(node: Any) -> Iterator[Any]:
    if isinstance(node, Mapping):
        for value in node.values():
            yield from _leaves(value)
        # What a document counts things by, such as a runtime's name, is no figure.
    elif isinstance(node, str) or not isinstance(node, Iterable):
        yield node
    else:
        for value in node:
            yield from _leaves(value)
