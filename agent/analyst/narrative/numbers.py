"""Finds the numbers in the words of a text: digits of any script, and words that count or measure.

A number in the words cannot be checked. So the words have none, except in names and in a few harmless forms.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence

HIDDEN = "\x1a"
"""Stands for a character that is not searched for numbers."""

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?)"
)
_DAY = r"(?:[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?"
_YEAR = r"20\d\d"
_MEASURES = (
    r"dollars?|bucks?|cents?|euros?|pounds?|usd|eur|gbp|percent|per\scent|pct|points?|times|fold|kb|mb|gb|tb|[kmgt]ib|"
    r"bytes?|ms|milliseconds?|sec|seconds?|min|minutes?|hrs?|hours?|days?|weeks?|months?|years?|thousand|million|billion"
)
_COUNTED = r"functions?|lambdas?|calls?|runs?|errors?|invocations?|changes?|findings?"
_UNIT_WORDS = rf"{_MEASURES}|{_COUNTED}"
# Ends a harmless form: neither another digit nor something to count may follow. "Node 22 functions" is a version.
_END_OF_NAME = rf"(?![\d.,:/-]*\d)(?![\s-]?(?:{_MEASURES}|[kmsxh])\b)(?!\s?[%\u2030\u20a0-\u20cf])"
_END = rf"{_END_OF_NAME}(?![\s-]?(?:{_COUNTED})\b)"
_HARMLESS = re.compile(
    "|".join(
        (
            # Versions.
            rf"\b(?:node(?:\.?js)?|python|java|corretto|ruby|tls|version)\sv?\d{{1,2}}(?:\.\d{{1,3}}){{0,2}}{_END_OF_NAME}",
            rf"(?:\.net|\bdotnet)\s?\d{{1,2}}(?:\.\d)?{_END_OF_NAME}",
            rf"\bgo\s1\.\d{{1,2}}{_END_OF_NAME}",
            rf"\b(?:amazon\slinux|al)\s?(?:2|{_YEAR}){_END_OF_NAME}",
            # Standards, percentiles, and names of products.
            rf"\brfc[\s-]?\d{{3,5}}{_END_OF_NAME}|\biso(?:/iec)?[\s-]\d{{3,5}}(?:-\d)?{_END_OF_NAME}",
            rf"\bhttp\s[1-5]\d\d{_END_OF_NAME}|\bhttp/[123](?:\.[01])?{_END_OF_NAME}",
            rf"\b(?:[45]xx|ipv[46]|utf-8|sha-?(?:1|256|512)|x86(?:[_-]64)?|arm64|s3|ec2|k8s|route\s53|graviton\s?[2-9]){_END_OF_NAME}",
            rf"\bp(?:50|9[059]){_END_OF_NAME}|\b(?:50|90|95|99)th\spercentile\b",
            # Times of day and dates.
            r"\b(?:1[0-2]|0?[1-9])(?::[0-5]\d)?\s?(?:[ap]m\b|[ap]\.m\.)",
            rf"\b(?:[01]\d|2[0-3]):[0-5]\d{_END}",
            rf"\b{_YEAR}-\d\d-\d\d{_END}",
            rf"\b(?:{_DAY}\s{_MONTH}(?:,?\s{_YEAR})?|{_MONTH}\s{_DAY}(?:,?\s{_YEAR})?|{_MONTH}\s{_YEAR}){_END}",
            rf"\b(?:in|since|until|during|before|after|early|late|end\sof)\s{_YEAR}(?=[.,;:)]?(?:\s(?:and|but|or|so)\b|\n|$))",
            rf"\b(?:in|since|until|during|before|after|early|late|end\sof)\s{_YEAR}(?=[.,;:)])(?![.,]\d)",
            # Words that only look like numbers.
            r"\bdouble-check(?:s|ed|ing)?\b|\bthird[\s-]part(?:y|ies)\b|\bone\sat\sa\stime\b|\bquarter-?hourly\b",
        )
    )
)

_SMALL = "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
_CARDINALS = (
    rf"zero|nil|{_SMALL}|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|"
    "seventy|eighty|ninety|hundreds?|thousands?|millions?|billions?|trillions?|dozens?|scores"
)
_PARTS = (
    "thirds?|quarters?|fourths?|fifths?|sixths?|sevenths?|eighths?|ninths?|tenths?|twelfths?|twentieths?|hundredths?|"
    "thousandths?"
)
_THINGS = (
    r"(?:functions?|lambdas?|changes?|findings?|recommendations?|regions?|runtimes?|rules?|gaps?|calls?|runs?|errors?|"
    r"invocations?|dollars?|cents?|euros?|percent|milliseconds?|seconds?|minutes?|hours?|days?|weeks?|months?|years?)"
)
_B, _E = r"(?<![^\W_])", r"(?![^\W_])"  # as \b, but an underscore is no letter
_WORDS = re.compile(
    "|".join(
        f"{_B}(?:{words}){_E}"
        for words in (
            rf"(?:{_CARDINALS})(?:[\s-](?:and\s)?(?:one|{_CARDINALS}))*",
            rf"(?:one|single)[\s-](?:(?!of\b|and\b|or\b)[\w-]+\s){{0,2}}{_THINGS}",
            rf"(?:one|an?|by|in|each|every|nearly|almost|about|roughly|over|under)[\s-](?:{_PARTS})",
            rf"(?:{_PARTS})\sof|every\s(?:second|other)|once\s(?:an?|per|each|every)|half|halves|halv(?:es?|ed|ing)",
            r"twice|thrice|doubl(?:es?|ed|ing)|tripl(?:es?|ed|ing)|trebl(?:es?|ed|ing)|quadrupl(?:es?|ed|ing)|tenfold",
            rf"(?:{_CARDINALS}|many|several|n)-?fold|couple|pair\sof|orders?\sof\s(?:\w+\s)?magnitude|grand(?!\stotal)",
            r"times\s(?:as|the|more|less|\w+er)",
            r"percent|per\scent|pct|pp|(?:percentage|basis)\spoints?|bps|fifty-fifty",
            r"an?\s(?:dollar|cent|euro|buck|pound|penny|milliseconds?|minute|hour|(?:kilo|mega|giga|tera)byte)",
            r"an?\ssecond(?=[.,;:)]|$|\s(?:per|each|on|to|long|at|and|or|for|in)\b)",
        )
    )
)
_ROMAN = re.compile(r"\b(?=[IVX]{2,}\b|[IVXLCDM]{3,}\b)M{0,3}(?:C[MD]|D?C{0,3})(?:X[CL]|L?X{0,3})(?:I[XV]|V?I{0,3})\b")
_SIGNS = frozenset("%\u066a\u2030\u2031\U0001f51f\U0001f4af")
_ARROW = "\N{RIGHTWARDS ARROW}"
_WORD = re.compile(r"[\w/](?:[\w./:#$%-]*\w)?")
_BETWEEN_NAMES = re.compile(r"([/:])")


def hide_names(text: str, names: Collection[str]) -> str:
    """Hide the names in a text that stand as a word, or as a part of a path."""
    return _WORD.sub(lambda word: _without(word[0], names), text)


def numbers(text: str) -> Sequence[tuple[int, str]]:
    """Return the numbers of a text in order, each with the position where it begins.

    Args:
        text: A text in which keys and names are hidden.
    """
    searched = _HARMLESS.sub(lambda form: HIDDEN * len(form[0]), _plain_letters(text))
    places = {word.start(): word[0] for word in _WORDS.finditer(searched)}
    places |= {word.start(): word[0] for word in _ROMAN.finditer(text)}
    places |= {start: text[start:end] for start, end in _digits(searched)}
    return sorted((start, text[start : start + len(found)]) for start, found in places.items())


def reads_as_number(name: str) -> bool:
    """Return whether the name of a function could be read as a number, as `500`, `44-dollars` or `half` could."""
    words = _plain_letters(re.sub(r"[-_]", " ", name))
    units = any(re.fullmatch(_UNIT_WORDS, word) for word in re.findall(r"[a-z]+", words))
    return not name[:1].isalpha() or bool(_WORDS.search(words)) or (units and bool(re.search(r"\d", name)))


def foreign_words(text: str) -> Iterator[tuple[int, str]]:
    """Yield the words with letters that English does not have: they may be numbers, or look like other words."""
    for word in re.finditer(r"[^\W\d_]+", text):
        if any(not unicodedata.name(letter, "").startswith("LATIN") for letter in word[0]):
            yield word.start(), word[0]


def _digits(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each number in digits begins and ends, with the signs beside it."""
    for run in re.finditer(rf"[^\s{HIDDEN}]+", text):
        if any(_is_numeric(character) for character in run[0]):
            yield run.start(), run.start() + len(run[0].rstrip(".,;:!?)"))


def _is_numeric(character: str) -> bool:
    category = unicodedata.category(character)
    return (
        unicodedata.numeric(character, None) is not None
        or category == "Sc"
        or (category == "Sm" and character != _ARROW)
        or character in _SIGNS
    )


def _plain_letters(text: str) -> str:
    """Return lower-case letters without their accents, each in its place."""
    return "".join(unicodedata.normalize("NFD", character)[0].lower()[0] for character in text)


def _without(word: str, names: Collection[str]) -> str:
    if word in names:
        return HIDDEN * len(word)
    parts = _BETWEEN_NAMES.split(word)
    return word if len(parts) == 1 else "".join(HIDDEN * len(part) if part in names else part for part in parts)
