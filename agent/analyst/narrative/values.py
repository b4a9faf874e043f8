"""Writes figures: each value has its unit, its period and what it counts. The words beside it do not change that."""

from __future__ import annotations

import re
from collections.abc import Mapping

from agent.analyst.narrative import numbers
from agent.analyst.narrative.keys import ACCOUNT, OWNERS, Figure, Kind
from agent.analyst.narrative.numbers import COUNTED, UNITS

PER_MONTH = re.compile(r"(?:\b(?:a|per|each|every)\s|\s?/\s?)mo(?:nth)?\b|\bmonthly\b", re.IGNORECASE)
"""Says that an amount is for a month."""

# What must not follow a value: it has its own unit and noun.
_OTHER_UNIT = re.compile(rf"[\s-]?(?:[%\u2030]|(?:{UNITS}|(?!runs?\b){COUNTED})(?![\w'\u2019]))", re.IGNORECASE)
# What a text says that a share is a part of.
_WHOLE = r"(?:[\w'\u2019-]+\s){0,3}?(?:costs?|bill|spend(?:ing)?|savings?|total(?:\s(?:cost|bill|spend))?)"
_BASE = re.compile(rf"\sof\s(?:it|that|this|{_WHOLE})\b", re.IGNORECASE)
_BEGINS = re.compile(r"(?:^|[\s(\"\u2018\u201c\u2013\u2014]|(?<=\s)')$")
_ENDS = re.compile(r"$|[\s.,;:!?)\"\u2019\u201d\u2013\u2014]|'(?:s\b|\W|$)")
_BEGINS_SENTENCE = re.compile(r"(?:^|[.!?]\s)\s*$")
_PLAIN_NAME = re.compile(r"\w[\w .@/+-]{0,39}")


class KeyRefusedError(ValueError):
    """A key cannot stand in its words. The message says what is wrong and what to do."""


def write(figure: Figure, before: str, after: str) -> tuple[str, int]:
    """Return a figure as it stands in a text, and how many characters after its key it replaces.

    Args:
        figure: The figure.
        before: The text before the key.
        after: The text after it. It may repeat what is written with the value, such as "a month" or "functions".

    Raises:
        KeyRefusedError: Something touches the key or gives the value another unit.
    """
    if not _BEGINS.search(before):
        raise KeyRefusedError("put a space before the key, and no sign")
    text, used = _value(figure, before, after)
    if not _ENDS.match(after, used):
        raise KeyRefusedError("put a space after the key")
    unit = None if figure.kind in {Kind.WORDS, Kind.FOREIGN, Kind.GRADE} else _OTHER_UNIT.match(after, used)
    if unit:
        raise KeyRefusedError(f"the value is {text!r}: leave out {unit[0].strip()!r}")
    return text, used


def quoted(name: str) -> str:
    """Return a name that somebody has chosen, in quotation marks.

    A name that is not short and plain could be read as a statement of the report: its place has three dots.
    """
    words = name.split(" ")
    is_plain = _PLAIN_NAME.fullmatch(name) and (len(words) == 1 or all(map(numbers.is_name, words)))
    return f"\u201c{name if is_plain else '...'}\u201d"


def title(subject: str, names: Mapping[str, str]) -> str:
    """Return the words for the subject of a key, with the names of functions and owners by subject."""
    if subject not in names:
        return "all functions" if subject == ACCOUNT else "functions without an owner"
    if subject.startswith(f"{OWNERS}."):
        return f"owner {quoted(names[subject])}"
    return subject if numbers.is_name(names[subject]) else f"function {quoted(names[subject])}"


def _value(figure: Figure, before: str, after: str) -> tuple[str, int]:
    value = str(figure.value)
    if figure.kind is Kind.COUNT:
        return _counted(figure, after)
    if figure.kind is Kind.SHARE:
        return _share(figure, after)
    if figure.kind is Kind.FOREIGN:
        return quoted(value), 0
    if figure.kind is Kind.MONEY:
        month = PER_MONTH.match(after, 1 if after[:1] == " " else 0)
        return f"{value} a month", month.end() if month else 0
    if figure.meaning in {"change", "issue"} and not _BEGINS_SENTENCE.search(before):
        value = value[:1].lower() + value[1:] if re.match(r"[A-Z][a-z]|A\s", value) else value
    repeated = re.match(rf"\s{re.escape(value.rpartition(' ')[2])}\b", after)
    return value, repeated.end() if repeated else 0


def _counted(figure: Figure, after: str) -> tuple[str, int]:
    """Write a count with its noun, and with the words after the noun that the text may have without "that"."""
    number = int(str(figure.value).replace(",", ""))
    noun, predicate = re.split(r"(?<=s)(?: |$)", figure.label, maxsplit=1)
    nouns = rf"{noun}|{noun.rpartition(' ')[2]}|{figure.meaning}"
    said = re.match(rf"(\s(?:AWS\s)?(?:Lambda\s)?)(?:{nouns.replace('s|', 's?|')}?)\b", after, re.IGNORECASE)
    kind, used = (said[1], said.end()) if said else (" ", 0)
    for words in (predicate, predicate.removeprefix("that ")):
        if words and said and re.match(rf"\s{re.escape(words)}\b", after[used:]):
            predicate, used = words, used + 1 + len(words)
            break
    return f"{number:,}{kind}{noun.removesuffix('s') if number == 1 else noun} {predicate}".rstrip(), used


def _share(figure: Figure, after: str) -> tuple[str, int]:
    """Write what a share is a share of, in place of the text's words for it."""
    base, key = "the account's cost", f"{ACCOUNT}.cost"
    if figure.meaning == "saving-share" and figure.topic:
        base, key = "the saving", f"{ACCOUNT}.saving"
    elif figure.meaning == "saving-share" and figure.subject != ACCOUNT:
        base, key = "its cost", f"{figure.subject}.cost"
    if re.match(rf"\sof\s(?:the\s|its\s)?\{{{re.escape(key)}\}}", after):
        return str(figure.value), 0
    said = _BASE.match(after)
    if not said and re.match(r"\sof\b", after):
        raise KeyRefusedError(f"it is a share of {base}: write no other 'of' after it")
    return f"{figure.value} of {base}", said.end() if said else 0
