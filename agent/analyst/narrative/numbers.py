"""Finds the numbers in the words of a text: digits of any script, and words that count or measure.

A number in the words cannot be checked, so the words have none, except in names and in a few harmless forms.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

HIDDEN = "\x1a"
"""Stands for a character of a key or a name, in which no number is searched."""

# What a number measures, and what it counts in these reports. A number of words becomes one beside them ("one change"),
# and a value must not have a second unit.
UNITS = (
    r"(?:dollars?|cents?|usd|euros?|eur|pounds?|gbp|points?|times|[kmsh]|"
    r"(?:kilo|mega|giga)?bytes?|[kmgt]i?b|ms|(?:milli)?seconds?|min(?:utes?)?|hours?|days?|weeks?|months?|years?)"
)
COUNTED = r"(?:functions?|changes?|findings?|recommendations?|regions?|owners?|calls?|runs?|errors?|invocations?)"

# The harmless forms. None of them may be followed by more digits or by a unit ("Node 22 dollars"), and a time must not
# be followed by what could be counted ("in 2026 functions").
_MONTH = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*"
_END = rf"(?![\d.,:/-]*\d)(?![\s-]?{UNITS}\b)(?!\s?[%\u2030\u20a0-\u20cf])"
_NAMES = "|".join(
    (
        r"(?:node(?:\.?js)?|python|java|ruby|tls|version|\.net|graviton)\s?v?\d{1,2}(?:\.\d{1,3}){0,2}",
        r"go\s1\.\d\d|amazon\slinux\s(?:2|20\d\d)|rfc[\s-]?\d{3,5}|iso(?:/iec)?[\s-]\d{3,5}(?:-\d)?|http(?:/[123]|\s[1-5]\d\d)",
        r"[45]xx|ipv[46]|utf-8|sha-?(?:1|256|512)|x86(?:[_-]64)?|arm64|s3|ec2|p(?:50|9[059])|(?:50|90|95|99)th\spercentile",
    )
)
_TIMES = "|".join(
    (
        r"(?:1[0-2]|0?[1-9])(?::[0-5]\d)?\s?[ap]\.?m\b\.?|(?:[01]\d|2[0-3]):[0-5]\d",
        rf"20\d\d-\d\d-\d\d|(?:\d{{1,2}}\s)?{_MONTH}(?:\s\d{{1,2}},)?\s20\d\d|(?:in|since|until|end\sof)\s20\d\d",
    )
)
_HARMLESS = re.compile(rf"(?<![\w.,$-])(?:(?:{_NAMES}){_END}|(?:{_TIMES}){_END}(?!\s{COUNTED}\b))", re.IGNORECASE)

_CARDINAL = (
    r"(?:zero|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen|"
    r"(?:twen|thir|for|fif|six|seven|eigh|nine)ty|hundreds?|thousands?|millions?|billions?|trillions?|dozens?)"
)
_PART = r"(?:thirds?|quarters?|(?:four|fif|six|seven|eigh|nin|ten|twelf|twentie|hundred|thousand)ths?)"
_WORDS = re.compile(
    "|".join(
        rf"\b(?:{words})\b"
        for words in (
            rf"(?:one)?{_CARDINAL}+",
            # Parts and ratios. "The third change" and "a third party" are neither.
            rf"half|halv(?:es?|ed|ing)|(?:an?|one|by|in|each|every|about|nearly|almost|over|under)[\s-]{_PART}(?!.party?)",
            rf"{_PART}\s(?:of|parts?|shares?)|every\s(?:second|other)|twice|thrice|(?:doubl|tripl|trebl|quadrupl)(?:es?|ed|ing)(?!-check)",
            rf"(?:{_CARDINAL}|many|several)-?fold|times\s(?:as|the|more|less|\w+er)|orders?\sof\s(?:\w+\s)?magnitude",
            r"couple|pair\sof|scores?\sof|trios?|quartets?|once\s(?:an?|per|each|every)|percent\w*|per\scent",
            # Code writes signs and currencies.
            r"minus|squared|cubed|(?:multipl(?:y|ies|ied|ying)|divid(?:es?|ed|ing))\s(?:\w+\s)?by|euros?|eur|gbp|yen",
            # One thing, but not "one of the changes".
            rf"one[\s-](?:(?!of\b)[\w-]+\s){{0,2}}(?:{UNITS}|{COUNTED})|single\s(?:{UNITS}|{COUNTED})",
            r"an?\s(?:dollar|cent|euro|pound|penny|minute|hour|millisecond|[kmg]\w+byte)|a\ssecond(?=\W*$|[.,;:])",
        )
    ),
    re.IGNORECASE,
)
_ROMAN = re.compile(r"\b(?=[IVX]{2,}\b|[IVXLCDM]{3,}\b)M{0,3}(?:C[MD]|D?C{0,3})(?:X[CL]|L?X{0,3})(?:I[XV]|V?I{0,3})\b")
_SIGNS = "%\u066a\u2030\u2031\U0001f51f\U0001f4af"  # percent and permille, and the signs for ten and a hundred points


def problems(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield what is a number in a text, or could be one: its place, the words, and what is wrong with them.

    Args:
        text: A text in which keys and names are hidden.
    """
    searched = _HARMLESS.sub(lambda form: HIDDEN * len(form[0]), text)
    found = {word.start(): word[0] for word in _ROMAN.finditer(text)}
    found |= {word.start(): word[0] for word in _WORDS.finditer(searched.replace("_", " "))}
    for run in re.finditer(rf"[^\s{HIDDEN}]+", searched):
        if any(map(_is_numeric, run[0])):
            found[run.start()] = run[0].rstrip(".,;:!?)")
    for start, number in found.items():
        yield start, text[start : start + len(number)], "is a number in the words"
    # Letters of other scripts may be a number or look like other letters, and those with accents hide a word.
    for word in re.finditer(r"[^\W\d_]+", text):
        if not word[0].isascii():
            yield word.start(), word[0], "is not English"


def is_name(word: str) -> bool:
    """Return whether a name is read as a name, and not as a number as `500`, `44-dollars` or `half` could be."""
    words = re.sub(r"[-_]", " ", word)
    measured = re.search(r"\d", word) and re.search(rf"(?<!\w)(?!\w\b){UNITS}\b", words, re.IGNORECASE)
    return word[:1].isalpha() and not _WORDS.search(words) and not measured


def _is_numeric(character: str) -> bool:
    sign = unicodedata.category(character) in {"Sc", "Sm"} or character in _SIGNS
    return sign or unicodedata.numeric(character, None) is not None
