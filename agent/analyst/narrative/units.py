"""Writes figures: each value with its unit, and with the words without which it could be read as another figure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from agent.analyst.narrative.keys import COUNTED, Figure, base, kind

# What a tail adds unless the clause says it, as pattern and tail.
_QUALIFIED: Mapping[str, tuple[str, str]] = {
    "average": (r"\baverage|\bmean\b", " on average"),
    "p99": (r"\bp99\b|\b99th percentile\b", " at p99"),
    "timeout": (r"\btime[sd]?[ -]?outs?\b", " (timeout)"),
    "memory": (r"\bmemory\b|\bconfigured\b", " of memory"),
    "memory-used": (r"\b(?:peak|most|highest|maximum)\b", " at most"),
    "storage": (r"/tmp|\bstorage\b", " of /tmp"),  # noqa: S108 (words, not a path)
}
_MONTHLY = re.compile(r"\s?/\s?mo(?:nth)?\b", re.IGNORECASE)
_UNITS: Mapping[str, re.Pattern[str]] = {
    unit: re.compile(rf"\s?(?:{words})(?!\w)", re.IGNORECASE)
    for unit, words in {
        "$": r"(?:us )?dollars?|usd|bucks",
        "%": r"%|percent|per cent|pct",
        "MB": r"mb|megabytes?",
        "ms": r"ms|milliseconds?",
        "s": r"s|secs?|seconds?",
        "days": r"days?",
    }.items()
}
_ANY_UNIT = re.compile(
    r"[\s-]?(?:%|\u2030|(?:dollars?|usd|bucks?|cents?|eur|euros?|gbp|pounds?|yen|percent|per cent|pct|points?|times|"
    r"fold|[kmgt]i?b|(?:kilo|mega|giga|tera)?bytes?|ms|s|h|k|m|bn|millisecond|seconds?|minutes?|hours?|days?|weeks?|months?|"
    r"years?|functions?|lambdas?|calls?|runs|invocations?|errors?|failures?|throttles?|changes?|findings?|"
    r"recommendations?|regions?|owners?|teams?)(?!\w))",
    re.IGNORECASE,
)
_LINK = (
    r"(?:of|in|on|at|by|for|from|to|with|without|and|or|but|that|which|who|whose|is|are|was|were|has|have|had|can|could|"
    r"would|will|may|might|should|must|do|does|did|cost|costs|save|saves|need|needs|use|uses|than|as|so|because|if|when|"
    r"while|after|before|per|each|every|a|an|the|its|their|this|these|those|it|they|read|ran)\b"
)
_QUALIFIED_COUNT = re.compile(
    rf"\s(?!{_LINK})[\w-]+\s(?:(?!{_LINK})[\w-]+\s)?(?:functions?|lambdas?|calls?|runs?|changes?|findings?|"
    r"recommendations?|savings?|errors?)\b",
    re.IGNORECASE,
)
# What a count must not be said to have done.
_DENIED: Mapping[str, str] = {
    "functions-that-did-not-run": r"\s(?:ran|run|were\s(?:called|used|invoked))\b",
    "not-judged": r"\s(?:was|were|is|are|can\sbe|could\sbe)\s(?:judged|assessed|read)\b",
}
# Values that begin with a capital letter only at the beginning of a sentence.
_PHRASES = frozenset({"change", "issue"})
_BEGINS_SENTENCE = re.compile(r"(?:^|[.!?]\s|\n)\s*$")
_ENDS = re.compile(r"$|[\s.,;:!?)\"\u2019\u201d\u2013\u2014]|'(?:s\b|\W|$)")
_BEGINS = re.compile(r"(?:^|[\s(\"\u2018\u201c\u2013\u2014]|(?<=\s)')$")
_TOTAL = r"(?:the|your|our)\s(?:account['\u2019]s\s)?total"
_THE_COST = r"(?:total\s|monthly\s)?(?:lambda\s)?(?:costs?|bill|spend(?:ing)?)"
# How a text may itself say what a share is a share of.
_BASES: Mapping[str, str] = {
    "the account's cost": rf"(?:the|all|your|our|this)\s(?:whole\s|account['\u2019]s\s)?{_THE_COST}|{_TOTAL}",
    "its cost": rf"(?:its(?:\sown)?|the\sfunction['\u2019]s|\x1a+['\u2019]s)\s{_THE_COST}|what\sit\scosts",
    "the saving": r"(?:the|all|that|this|all\sthe)\s(?:whole\s|account['\u2019]s\s)?(?:total\s|possible\s)?savings?",
}


class UnitError(ValueError):
    """The words around a key do not fit its unit. The message says what to change."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """A figure as it stands in the text.

    Attributes:
        text: The value with its unit.
        before: The number of characters before the key that it replaces, such as a `$`.
        after: The number of characters after the key that it replaces, such as the word `dollars`.
    """

    text: str
    before: int
    after: int


def write(figure: Figure, *, before: str, after: str, clause: str, topic: str) -> Written:
    """Write a figure as the words around it need it.

    Args:
        figure: The figure.
        before: The text before the key. Names are hidden in it.
        after: The text after the key, hidden likewise.
        clause: The clause around the key.
        topic: The words that name the figure's topic; empty if the clause names it.

    Raises:
        UnitError: The words beside the key give the value another unit, or would be read as a part of the value.
    """
    what = kind(figure)
    sign = re.search(r"(?:\bus\s?)?\$\s?$|\busd\s$", before, re.IGNORECASE) if what == "money" else None
    lead = len(sign[0]) if sign else 0
    if not _BEGINS.search(before[: len(before) - lead]):
        raise UnitError("put a space before the key")
    text, used = _counted(figure, after, topic) if what == "count" else _measured(figure, before, after, clause)
    if what == "money" and (monthly := _MONTHLY.match(after, used)):
        text, used = f"{text} a month", monthly.end()
    if what == "share":
        text, used = _share(figure, text, after, used)
    rest = after[used:]
    if not _ENDS.match(rest):
        raise UnitError("put a space after the key")
    if what != "words" and (unit := _ANY_UNIT.match(rest)) and not text.endswith(")"):
        raise UnitError(f"the value is {text!r}: leave out {unit[0].strip()!r}")
    if what == "count" and (other := _QUALIFIED_COUNT.match(rest)):
        raise UnitError(f"the value is {text!r}: leave out {other[0].strip()!r}")
    return Written(text=text, before=lead, after=used)


def _counted(figure: Figure, after: str, topic: str) -> tuple[str, int]:
    """Return a count with what it counts, and how much of the text after the key it replaces."""
    number = int(str(figure.value).replace(",", ""))
    singular, plural = COUNTED[figure.meaning]
    noun = singular if number == 1 else plural
    head, _, predicate = plural.partition(" ")
    heads = rf"(?P<kind>\s(?:AWS\s)?(?:Lambda\s)?)(?:{head}|{head.removesuffix('s')})"
    said = predicate.removeprefix("that ")
    if predicate != said and (own := re.match(rf"{heads}\s{re.escape(said)}\b", after, re.IGNORECASE)):
        return f"{number:,}{own[0]}{topic}", own.end()
    whole = rf"(?:\s{re.escape(predicate)})?" if predicate else ""
    found = re.match(rf"{heads}{whole}\b", after, re.IGNORECASE)
    used = found.end() if found else 0
    if denied := re.match(_DENIED.get(figure.meaning, r"(?!)"), after[used:], re.IGNORECASE):
        raise UnitError(f"they are {plural}: leave out {denied[0].strip()!r}")
    return f"{number:,}{found['kind'] if found else ' '}{noun}{topic}", used


def _measured(figure: Figure, before: str, after: str, clause: str) -> tuple[str, int]:
    """Return any other value with its tail, and how much of the text after the key it replaces."""
    value = f"{figure.value:,}" if isinstance(figure.value, int) else figure.value
    unit = next(
        (unit for unit in ("%", "MB", "ms", "s", "days") if value.endswith(unit)), "$" if value[:1] == "$" else ""
    )
    found = (
        _UNITS[unit].match(after) if (unit and kind(figure) not in {"words", "evidence"}) or unit == "days" else None
    )
    tail = ""
    if figure.meaning in _PHRASES and not _BEGINS_SENTENCE.search(before) and re.match(r"[A-Z][a-z]|A\s", value):
        value = value[:1].lower() + value[1:]
    if figure.meaning in _QUALIFIED:
        pattern, words = _QUALIFIED[figure.meaning]
        tail = "" if re.search(pattern, clause, re.IGNORECASE) else words
    elif kind(figure) == "evidence":
        label = figure.meaning.replace("-", " ")
        tail = "" if set(label.split()) <= set(re.findall(r"[a-z0-9]+", clause.lower())) else f" ({label})"
    return f"{value}{tail}", found.end() if found else 0


def _share(figure: Figure, text: str, after: str, used: int) -> tuple[str, int]:
    """Add what a share is a part of. The text may name it itself."""
    words, key = base(figure)
    if re.match(rf"\sof\s(?:the\s|its\s)?\{{{re.escape(key)}\}}", after[used:]):
        return text, used
    own = "" if figure.meaning == "cost-share" else rf"|it|that|this|which|its\s{_THE_COST}"
    same = re.match(rf"\sof\s(?:{_BASES[words]}{own})(?!\w)", after[used:], re.IGNORECASE)
    if same:
        return text + same[0], used + same.end()
    if re.match(r"\sof\b", after[used:]):
        raise UnitError(f"it is a share of {words}: write no other 'of' after it")
    return f"{text} of {words}", used
