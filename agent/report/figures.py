"""The figures in a text: which it names, and which of them are known."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a figure is of: an amount of money is not known because a percentage happens to be the same number."""

    AMOUNT = "amount"
    PERCENTAGE = "percentage"
    FACTOR = "factor"
    QUANTITY = "quantity"


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A figure as a text names it.

    Attributes:
        text: As it is written, with its unit.
        kind: What it is of.
        value: Its number; None where it is in words, or in a currency or scale that nothing here is told in.
        decimals: How many it is written with.
        counts: Whether it stands before what it counts or measures.
    """

    text: str
    kind: Kind
    value: Decimal | None
    decimals: int = 0
    counts: bool = False


# Whatever is written as one number, thousands set off as somewhere in the world; below, how the tools write theirs.
_NUMBER = r"\.?\d(?:[\d.,'\u2019_\u00a0\u2009\u202f]*\d)?"
_WELL_FORMED = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?")
_SCALE = r"(?:k|m|mn|bn|thousand|million|billion|hundred|grand|e\+?\d+)\b"
_FOREIGN = (
    r"[€£¥₹]|(?:EUR|GBP|JPY|CHF|CAD|AUD|INR)\b|euros?\b|pounds?\b|yen\b|francs?\b|rupees?\b|[‰]|basis points?\b|bps\b"
)
_DOLLARS = r"US\$|USD\b|\$|US dollars?\b|dollars?\b|bucks\b"
_BEFORE = rf"US\$|USD|\$|{_FOREIGN}|EUR|GBP|JPY|CHF|CAD|AUD|INR"
_PERCENT = r"%|percent\b|per cent\b|pct\b|percentage points?\b"
_FACTOR = r"(?:x|\N{MULTIPLICATION SIGN}|-?fold\b|times(?= (?:as|less|more|the|if|\w+er)\b))(?!\w)"
# What may follow an amount or a share; anything else is what a number counts.
_JOINING = (
    r"(?:a|an|after|already|altogether|and|are|as|at|before|but|by|can|could|each|every|for|from|if|in|is|it|may|monthly|now|"
    r"of|on|or|per|should|so|than|that|the|then|they|this|to|today|was|were|which|while|will|with|would)\b"
)
_FIGURE = re.compile(
    rf"(?P<before>(?:{_BEFORE})\s*)?(?<!\d)(?P<number>{_NUMBER})(?P<scale>\s*{_SCALE})?"
    rf"(?:(?P<after>\s*(?:{_DOLLARS}|{_FOREIGN}|cents?\b|{_PERCENT}))|(?P<factor>\s*{_FACTOR})"
    rf"|(?P<unit>\s*(?!{_JOINING})[A-Za-z]+(?:-[a-z]+)?))?",
    re.IGNORECASE,
)
_MONEY_UNTOLD = re.compile(rf"(?:{_FOREIGN}|EUR|GBP|JPY|CHF|CAD|AUD|INR|cents?)", re.IGNORECASE)  # all are dollars here
_SHARE = re.compile(rf"(?:{_PERCENT})", re.IGNORECASE)

_ONES = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
_LARGE = (
    "thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|"
    "hundreds?|thousands?|millions?|billions?|dozens?"
)
_PARTS = "half|halves|thirds?|quarters?|fifths?|tenths?"
_IN_WORDS = re.compile(
    rf"\b(?:(?:{_ONES}|a)[\s-]+)?(?:{_LARGE})(?:[\s-]+(?:{_ONES}|{_LARGE}))*(?:\s+(?:US\s+)?(?:dollars?|percent))?\b"
    rf"|\b(?:{_ONES})[\s-]+(?:US\$|USD|US dollars?|dollars?|bucks|cents?|euros?|percent|per cent|pct|times)(?!\w)"
    rf"|\b(?:{_ONES}) (?:in|out of) (?:{_ONES}|\d+)\b|\b(?:{_ONES})-?fold\b"
    rf"|\b(?:(?:a|an|one|two|three|four)[\s-]+)?(?:{_PARTS})\s+(?:of|the|its|as|less|more)\b"
    rf"|\b(?:two|three|four)[\s-]+(?:{_PARTS})\b"
    r"|[\u00b2\u00b3\u00b9\u00bc-\u00be\u2070-\u2079\u2150-\u218b\u2460-\u249b]",
    re.IGNORECASE,
)

_MONTH = r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_DAY = r"(?:[12]\d|3[01]|0?[1-9])(?![\d.,]*\d)"
# Numbers that count nothing: dates, versions, the markers of a list, and how long somebody should watch something.
_NOT_FIGURES = re.compile(
    r"\b\d{4}-\d{2}-\d{2}\b"
    rf"|\b(?:{_DAY} {_MONTH}(?: 20\d\d)?|{_MONTH} {_DAY}(?:, 20\d\d)?|{_MONTH} 20\d\d)\b"
    r"|\b(?:in|since|until) 20\d\d(?=\s*(?:[.,;:)]\s|[.;:)]?$))"
    r"|\b(?:python|node(?:js|\.js)?|java|ruby|\.net|dotnet|linux|al|version) ?"
    r"(?:20\d\d|\d{1,2}(?:\.\d{1,2}){0,2})(?:\.x)?(?![\d,]*\d)"
    r"|\b(?:x86_64|x86|arm64|p\d{2,3}|s3|ec2|ipv[46]|http/[123]|utf-8|sha256|v\d{1,2})\b"
    r"|https?://\S+|arn:\S+|\b\d{1,3}(?:\.\d{1,3}){3}\b"
    r"|\b[a-z]{2}(?:-[a-z]+)+-\d\b"
    r"|^\s*\d{1,2}[.)]\s"
    r"|\bfor (?:the next |another |at least )?\d{1,2} (?:hours?|days?|weeks?)\b",
    re.IGNORECASE | re.MULTILINE,
)
_WORD = re.compile(r"(?<![\w$€£¥])[\w/](?:[\w./:#-]*\w)?")
_BETWEEN_NAMES = re.compile(r"([/:])")


def named(text: str, names: Collection[str] = ()) -> Iterator[Figure]:
    """Every figure of a text, but for numbers within names, dates, versions and the like.

    Args:
        text: In plain words.
        names: Of functions and whatever else may have numbers in it.
    """
    text = _NOT_FIGURES.sub(" ", _WORD.sub(lambda word: _without(word[0], names), text))
    for match in _IN_WORDS.finditer(text):
        yield Figure(text=match[0], kind=Kind.QUANTITY, value=None)
    for match in _FIGURE.finditer(text):
        yield _figure(match)


def _without(word: str, names: Collection[str]) -> str:
    """A word that is not a name, or of a path of them the part that is none; a name of digits alone hides no figure."""
    if word in names and not word.isdigit():
        return " "
    parts = _BETWEEN_NAMES.split(word)
    return word if len(parts) == 1 else "".join(" " if part in names and not part.isdigit() else part for part in parts)


class Known:
    """The figures that documents hold, in every way in which they may be repeated.

    Args:
        documents: Plain data, whose strings may hold figures too.
        names: As in `named`; a string that is nothing but one of them holds no figure.
    """

    def __init__(self, documents: Iterable[Any], names: Iterable[str] = ()) -> None:
        self._values: dict[Kind, set[Decimal]] = {kind: set() for kind in Kind}
        names = frozenset(names)
        for leaf in set(_leaves(documents)):  # most sentences stand in many places
            if isinstance(leaf, str):
                if leaf in names:
                    continue
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
        # A plain number may be an amount or a share whose unit stands further off, but not if it counts something.
        plain = figure.kind is Kind.QUANTITY and not (figure.counts and not figure.decimals)
        kinds = Kind if plain else (figure.kind,)
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
    number = match["number"]
    marks = [mark.strip() for mark in (match["before"], match["after"]) if mark]
    kind = Kind.FACTOR if match["factor"] else Kind.QUANTITY
    if marks:
        kind = Kind.PERCENTAGE if all(map(_SHARE.fullmatch, marks)) else Kind.AMOUNT
    untold = match["scale"] or any(map(_MONEY_UNTOLD.fullmatch, marks)) or not _WELL_FORMED.fullmatch(number)
    return Figure(
        text=match[0].strip(),
        kind=kind,
        value=None if untold else Decimal(number.replace(",", "")),
        decimals=len(number.partition(".")[2]),
        counts=match["unit"] is not None,
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
