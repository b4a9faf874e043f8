"""Finds the figures in a text, with what each of them counts.

Numbers that are not figures (names, versions, dates) are hidden first; every number that is left is a figure. The same
code reads the results of tools and the text of the model, so a figure is recognised in both. A figure matches only what
it counts: 900 seconds are neither 900 minutes, nor 900 functions, nor 900 dollars.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from agent.harness.journal.visible_text import without_invisible

MONEY = "dollars"
PERCENT = "percent"
COUNT = "count"  # of functions, findings, regions and the like
ALL = "all functions"
CALLS = "calls"  # and failed calls
BARE = "bare"  # without a known unit
UNSUPPORTED = "unsupported"  # other currencies, amounts per other times than a month, fractions, large numbers in words


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A figure in a text.

    Attributes:
        text: The figure as written, with its unit.
        start: Where it begins in the plain text.
        end: Where it ends in the plain text.
        kind: One of the kinds above, or a unit.
        value: The number; None if no tool can have returned it.
        step: The value of its last digit: 0.01 for `1.25`, 10,000 for `1.25 million`.
        scaled: Whether it is written with `k`, `million` or similar.
        noun: Whether an unknown noun follows it.
        priced: Whether the words around it are about money.
    """

    text: str
    start: int
    end: int
    kind: str
    value: Decimal | None = None
    step: Decimal = Decimal(1)
    scaled: bool = False
    noun: bool = False
    priced: bool = False


_SCALES = {
    **dict.fromkeys(("k", "thousand", "grand"), 3),
    **dict.fromkeys(("m", "mn", "mln", "million"), 6),
    **dict.fromkeys(("b", "bn", "billion"), 9),
    "hundred": 2,
}
# Numbers with any of the world's separators of thousands; below, the formats whose value is certain.
_NUMBER = r"\d{1,3}(?: \d{3})+(?![\d,.]*\d)|\.?\d(?:[\d.,'\u2019_]*\d)?(?:e\+?\d+)?"
_WELL_FORMED = re.compile(r"(?:\d{1,3}(?:[, ]\d{3})+|\d+)?(?:\.\d+)?")
_SCALE = r"(?P<letter>k|m|b|mn|mln|bn)\b|[\s-]?(?P<word>hundred|grand|thousand|million|billion|mn|bn)\b"

_OTHER_CODES = r"EUR|GBP|JPY|CNY|RMB|CHF|CAD|AUD|INR|SEK|BRL"
_OTHER_SIGNS = r"[\u00a2-\u00a5\u20a0-\u20cf]|(?-i:\b[A-TV-Z]{1,2}\$|\b[A-Z]U\$)"
_OTHER_MONEY = (
    rf"(?:{_OTHER_SIGNS}|(?:{_OTHER_CODES}|euros?|pounds?|yen|yuan|francs?|rupees?|reais|(?:[a-z.]+[\s-])?cents?)\b)"
)
_DOLLARS = r"(?:USD\b|US\s?\$|\$(?!\s?\d)|(?:[a-z.]+[\s-])?(?:dollars?|bucks)\b)"
_SHARE = r"(?:%|percent(?:age)?(?:[\s-]points?)?\b|per\scent\b|pct\b|pp\b)"
# The first pattern that matches decides what is counted.
_UNITS = (
    (UNSUPPORTED, rf"(?:{_OTHER_MONEY}|\u2030|basis\spoints?\b|bps\b|per\smille?\b|[KMGTP]iB\b)"),
    (MONEY, _DOLLARS),
    (PERCENT, _SHARE),
    ("GB-s", r"GB[\s-](?:s|seconds?)\b"),
    ("KB", r"(?:KB|kilobytes?)\b"),
    ("MB", r"(?:MB|megabytes?)\b"),
    ("GB", r"(?:GB|gigabytes?)\b"),
    ("TB", r"(?:TB|terabytes?)\b"),
    ("bytes", r"bytes?\b"),
    ("ms", r"(?:ms|msecs?|milliseconds?)\b"),
    ("s", r"(?:s|secs?|seconds?)\b"),
    ("minutes", r"(?:min|mins|minutes?)\b"),
    ("hours", r"(?:h|hrs?|hours?)\b"),
    ("days", r"(?:whole\s|full\s)?days?\b"),
    *((f"{unit}s", rf"{unit}s?\b") for unit in ("week", "month", "year")),
    ("times", r"(?:times\b|x\b(?!\s?\d)|\u00d7(?!\s?\d)|fold\b)"),
    (CALLS, r"(?:invocations?|calls?|runs?|executions?|errors?|failures?|throttles?|requests?)\b"),
)
# `11 of the functions` counts functions, and `11 MB on functions` does not.
_ADJECTIVES = (
    r"(?:(?!(?:of|in|on|for|at|by|from|to|and|or|the|these|those|this|its|an?|with|per|is|are)\b)[a-z][\w-]*\s){0,2}"
)
_THINGS = r"(?:functions?|lambdas?|changes?|findings?|opportunit(?:y|ies)|savings|regions?|runtimes?|rules?|gaps?)\b"
_COUNTED = re.compile(rf"\s(?:of\s(?:the|these|those|its|our)\s)?{_ADJECTIVES}{_THINGS}", re.IGNORECASE)
_UNIT = re.compile("|".join(rf"(?P<u{n}>[\s-]?{unit})" for n, (_, unit) in enumerate(_UNITS)), re.IGNORECASE)
# Words that may follow an amount or a share; any other word is what the number counts.
_JOINING = (
    r"(?:a|an|after|already|altogether|and|are|as|at|before|but|by|can|could|down|each|every|for|from|if|in|is|it|may|"
    r"monthly|now|of|on|or|per|should|so|than|that|the|then|they|this|to|today|up|was|were|which|while|will|with|would)\b"
)
_NOUN = re.compile(rf"\s(?!{_JOINING})[a-z][\w-]*", re.IGNORECASE)
_FIGURE = re.compile(
    rf"(?P<before>(?:\bUS\s?|(?<![a-z]))\$|\bUSD(?![a-z])|{_OTHER_SIGNS}|\b(?:{_OTHER_CODES})(?![a-z]))?\s*"
    rf"(?P<number>{_NUMBER})(?:{_SCALE})?",
    re.IGNORECASE,
)
_FUNCTIONS = re.compile(r"\s(?:lambda\s)?functions", re.IGNORECASE)
_WHOLE = re.compile(r"\ball\s(?:of\s)?(?:the\s|these\s|your\s|our\s)?$", re.IGNORECASE)
_SOME_OF_THEM = re.compile(r"\s(?:that|which|with|on|in|of|without|whose)\b", re.IGNORECASE)
_RANGE = re.compile(r"\s?(?:to|and|or|through|up to|down to|-+>?|[\u2013\u2014\u2192/,])\s?", re.IGNORECASE)
_PRICED = re.compile(r"\b(?:sav(?:e|es|ing|ed)|costs?|spends?|pays?|bill|worth)\s(?:[a-z]+\s){0,2}$", re.IGNORECASE)
_MAX_BEFORE = 60
_MONTHLY = re.compile(r"\s(?:(?:a|per|each|every)\smonth\b|monthly\b)", re.IGNORECASE)
_OTHER_TIMES = re.compile(
    r"\s?(?:(?:an?|per|each|every|/)\s?(?:year|yr|quarter|week|day|hour)\b|(?:annual|year|week|dai|hour)ly\b)",
    re.IGNORECASE,
)

_FEW = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_VALUES = {word: Decimal(value) for value, word in enumerate(_FEW, 2)}
_SMALL = "|".join(_FEW)
_LARGE = (
    "thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|"
    "hundreds?|thousands?|millions?|billions?|dozens?"
)
_WORDS = rf"(?:{_SMALL}|{_LARGE})"
_PART = r"(?:hal(?:f|ves)|thirds?|quarters?|fourths?|fifths?|sixths?|sevenths?|eighths?|ninths?|tenths?|hundredths?)"
_DURATION = r"(?:ms|s|seconds?|minutes?|hours?|(?:whole )?days?|weeks?|months?|years?)"
# No tool returns these, so they are computed or invented.
_NEVER_RETURNED = re.compile(
    rf"(?<!\d)(?<!\d[\s-])\b(?:(?:an?|one|{_SMALL})[\s-])?(?:{_LARGE})(?:[\s-](?:and\s)?{_WORDS})*(?:\s(?:{_OTHER_MONEY}|{_DOLLARS}|{_SHARE}))?\b"
    rf"|\b(?:one|{_SMALL})[\s-](?:{_OTHER_MONEY}|{_DOLLARS}|{_SHARE})"
    rf"|\b(?:an?|one|{_SMALL}|\d+)[\s-]{_PART}\b(?!-|\spart(?:y|ies)\b)(?:\sof\b)?"
    rf"|\b{_PART}\sof\b|\bhalf\s(?!an?\s(?:day|hour)\b)(?:the|its|as|less|that|what|their|an?|this|these|all)\b"
    rf"|\b(?:in|by|than|to)\s(?:an?\s)?{_PART}\b"
    r"|\b(?:twice|thrice)\s(?:as|the|what|that|its|of)\b"
    r"|\b(?:doubl|tripl|quadrupl|halv)(?:es?|ed|ing)\b(?![\s-]check)"
    rf"|\b(?:{_SMALL}|hundred|thousand)-?fold\b"
    r"|(?<![\d/.])\d+\s?[/\u2044]\s?\d+(?![\d/])"
    rf"|\b(?:\d+|one|{_SMALL})\s(?:in|out\sof)\s(?:every\s)?(?:\d+|{_SMALL})\b(?!\s(?:{_DURATION}|{_ADJECTIVES}{_THINGS}))",
    re.IGNORECASE,
)
_FEW_OF = re.compile(rf"\b(?P<word>{_SMALL})\b", re.IGNORECASE)
# "Two functions" and "three functions" need no tool result.
_MAX_UNCOUNTED = 3

_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|"
    r"Nov(?:ember)?|Dec(?:ember)?)"
)
_DAY = r"(?:[12]\d|3[01]|0?[1-9])(?![\d.,]*\d)"
_FEW_TIMES = rf"(?:\d{{1,2}}|{_SMALL})"
_NO_FIGURES = re.compile(
    r"\b\d{4}-\d{2}-\d{2}\b|\b[01]?\d:[0-5]\d\b|\b2[0-3]:[0-5]\d\b"
    rf"|\b(?:{_DAY} {_MONTH}(?:,? 20\d\d)?|{_MONTH} {_DAY}(?:,? 20\d\d)?|{_MONTH} 20\d\d)\b(?![.,]\d)"
    r"|\b(?:in|since|until|before|after|end of|early|late) 20\d\d(?=\s*(?:[.,;:)]\s|[.;:)]?$))"
    r"|\b(?:python|node(?:js|\.js)?|java|ruby|\.net|dotnet|linux|al|version|graviton) ?"
    r"(?:20\d\d|\d{1,2}(?:\.\d{1,2}){0,2})(?:\.x)?(?![\d,]*\d)"
    r"|\b(?:x86_64|x86|arm64|p\d{2}(?:\.\d{1,2})?|s3|ec2|ipv[46]|http/[123]|http [1-5]\d\d|[1-5]xx|utf-8|sha256)\b"
    r"|\bv\d{1,2}\b"
    r"|\b24/7\b|\b\d{1,2}(?:st|nd|rd|th)\b|\bstep \d{1,2}\b(?![.,]?\d)"
    r"|https?://\S+|arn:\S+|\b\d{1,3}(?:\.\d{1,3}){3}\b|\b[a-z]{2}(?:-[a-z]+)+-\d\b"
    r"|^\s*\d{1,2}[.)]\s",
    re.IGNORECASE | re.MULTILINE,
)
# Times to watch or to wait are advice and not figures about the account.
_ADVICE = re.compile(
    r"\b(?:watch|monitor|observe|wait|measure|compare|test|try|keep|follow|review|repeat)\b"
    r"(?:(?!\bnot\b)[^.!?\d]){0,60}?\b(?:for|within|after|over|every) (?:[a-z]+ ){0,2}"
    rf"(?P<length>{_FEW_TIMES}(?: ?(?:to|or|-|\u2013) ?{_FEW_TIMES})?"
    r"[ -](?:hours?|days?|weeks?)\b)"
    rf"|\b(?:next|following|coming) (?P<next>{_FEW_TIMES} (?:hours?|days?|weeks?)\b)",
    re.IGNORECASE,
)
_WORD = re.compile(r"(?<![\w$\u00a2-\u00a5\u20a0-\u20cf])[\w/](?:[\w./:#-]*\w)?")
_BETWEEN_NAMES = re.compile(r"([/:])")
_FRACTIONS = re.compile(r"[\u00bc-\u00be\u2150-\u215e\u2189]")
_HIDDEN = "\x1a"


def plain(text: str) -> str:
    """Normalise a text: plain digits, no invisible characters, no emphasis, so that no figure is hidden."""
    text = unicodedata.normalize("NFKC", _FRACTIONS.sub(r" \g<0>", text))
    text = without_invisible(text)
    text = re.sub(r"[\u2010-\u2012\u2212]", "-", re.sub(r"[*`]", "", text))
    return re.sub(r"[^\S\n]+", " ", text)


def named(text: str, names: Collection[str] = ()) -> list[Figure]:
    """Return the figures of a plain text, in order.

    Args:
        text: A text from `plain`.
        names: Names of functions and other things. Numbers in them are not figures.
    """
    text = _WORD.sub(lambda word: _without(word[0], names), text)
    text = _NO_FIGURES.sub(lambda match: _HIDDEN * len(match[0]), text)
    for match in _ADVICE.finditer(text):
        text = _hide(text, *match.span("length" if match["length"] else "next"))
    found = [
        Figure(text=match[0].strip(), start=match.start(), end=match.end(), kind=UNSUPPORTED)
        for match in _NEVER_RETURNED.finditer(text)
    ]
    for figure in found:
        text = _hide(text, figure.start, figure.end)
    digits = _ranges(text, list(_in_digits(text)))
    return sorted([*found, *_in_words(text), *digits], key=lambda figure: figure.start)


def mentioned(text: str, names: Collection[str]) -> set[str]:
    """Return the names that occur in a plain text, as a word or as a part of a path."""
    words = {word[0] for word in _WORD.finditer(text)}
    return words.union(*map(_BETWEEN_NAMES.split, words)).intersection(names)


def is_figure(name: str) -> bool:
    """Return whether a whole name reads as a figure."""
    return any(figure.start == 0 and figure.end == len(name) for figure in named(plain(name)))


def _without(word: str, names: Collection[str]) -> str:
    """Hide the names in a word, which may be a path of names."""
    if word in names:
        return _HIDDEN * len(word)
    parts = _BETWEEN_NAMES.split(word)
    return word if len(parts) == 1 else "".join(_HIDDEN * len(part) if part in names else part for part in parts)


def _in_digits(text: str) -> Iterator[Figure]:
    for match in _FIGURE.finditer(text):
        number = match["number"]
        scale = match["letter"] or match["word"]
        factor = Decimal(10) ** _SCALES[scale.lower()] if scale else Decimal(1)
        kind, end = _counted(text, match.end())
        if match["before"]:
            dollars = match["before"].upper().startswith(("$", "US")) and kind not in {UNSUPPORTED, PERCENT}
            kind, end = MONEY if dollars else UNSUPPORTED, end if kind == MONEY else match.end()
        kind = _of_all(text, match.start("number"), match.end(), kind, end)
        priced = _is_priced(text, match.start("number"), end)
        if (kind == MONEY or (kind == BARE and priced)) and _OTHER_TIMES.match(text, end):
            kind = UNSUPPORTED
        start = match.start("before") if match["before"] else match.start("number")
        noun = _NOUN.match(text, end) if kind == BARE else None
        well_formed = bool(_WELL_FORMED.fullmatch(number)) and kind != UNSUPPORTED
        yield Figure(
            text=text[start : noun.end() if noun else end].strip(),
            start=start,
            end=end,
            kind=kind,
            value=Decimal(re.sub("[, ]", "", number)) * factor if well_formed else None,
            step=factor.scaleb(-len(number.partition(".")[2])) if well_formed else factor,
            scaled=bool(scale),
            noun=noun is not None,
            priced=priced,
        )


def _in_words(text: str) -> Iterator[Figure]:
    """Yield small numbers in words that count or measure something that tools return."""
    for match in _FEW_OF.finditer(text):
        value = _VALUES[match["word"].lower()]
        kind, end = _counted(text, match.end())
        if kind == BARE or (kind in {COUNT, CALLS} and value <= _MAX_UNCOUNTED):
            continue
        kind = _of_all(text, match.start(), match.end(), kind, end)
        yield Figure(text=text[match.start() : end], start=match.start(), end=end, kind=kind, value=value)


def _counted(text: str, place: int) -> tuple[str, int]:
    """Return what the number that ends at a position counts, and where the word for it ends."""
    if unit := _UNIT.match(text, place):
        return _UNITS[int(str(unit.lastgroup)[1:])][0], unit.end()
    if thing := _COUNTED.match(text, place):
        return COUNT, thing.end()
    return BARE, place


def _is_priced(text: str, start: int, end: int) -> bool:
    return bool(_PRICED.search(text, max(0, start - _MAX_BEFORE), start) or _MONTHLY.match(text, end))


def _of_all(text: str, start: int, place: int, kind: str, end: int) -> str:
    """Return `ALL` for "all 16 functions", but not for "all 16 functions on arm64", which may be a part of them."""
    functions = kind == COUNT and _FUNCTIONS.fullmatch(text, place, end)
    return (
        ALL
        if functions and _WHOLE.search(text, max(0, start - _MAX_BEFORE), start) and not _SOME_OF_THEM.match(text, end)
        else kind
    )


def _ranges(text: str, figures: list[Figure]) -> list[Figure]:
    """Give both ends of a range the same unit: `3,008 to 896 MB`, `$5 to 10`."""
    for index in reversed(range(len(figures) - 1)):
        this, following = figures[index], figures[index + 1]
        if this.kind == BARE and _RANGE.fullmatch(text, this.end, following.start):
            figures[index] = replace(
                this, kind=following.kind, value=None if following.kind == UNSUPPORTED else this.value
            )
    for index in range(1, len(figures)):
        before, this = figures[index - 1], figures[index]
        joined = re.fullmatch(r"\s?(?:to|-+>?|[\u2013\u2014\u2192])\s?", text[before.end : this.start])
        if joined and before.kind == MONEY and this.kind == BARE:
            figures[index] = replace(this, kind=MONEY)
    return figures


def _hide(text: str, start: int, end: int) -> str:
    return text[:start] + _HIDDEN * (end - start) + text[end:]
