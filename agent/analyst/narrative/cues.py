"""Finds what the words around a key say that its value is: a cost, a saving, an average, and so on."""

from __future__ import annotations

import re
from collections.abc import Mapping

from agent.analyst.narrative import clauses
from agent.analyst.narrative.clauses import Window
from agent.analyst.narrative.keys import MONEY, Figure, base, kind

# Words that say what a value is, by group. The nearest one decides.
_CUES: Mapping[str, Mapping[str, re.Pattern[str]]] = {
    group: {meaning: re.compile(rf"(?<![\w-])(?:{words})(?!\w)", re.IGNORECASE) for meaning, words in meanings.items()}
    for group, meanings in {
        "money": {
            "cost": r"costs?|costing|costly|spend|spends|spent|spending|pay|pays|paid|paying|bills?|billed|charged?|"
            r"charges|price[ds]?|expens\w+",
            "saving": r"(?:cost-)?sav(?:e|es|ed|ing|ings|able)|cheaper|less|cuts?|cutting|trim\w*|avoid\w*|"
            r"reduc\w+|lower(?:s|ed|ing)?|recover\w*|eliminat\w*|shav\w+|frees? up|wast\w+|"
            r"(?:can|could|would|may) (?:go|be removed)",
            "remaining": r"remain(?:s|ing|der)?|left|leaves?|leaving|after (?:all |the |these |those |every )*changes?",
            "another amount": r"increas\w+|rises?|rising|rose|risen|grows?|growing|grew|growth|extra|additional|"
            r"adds?|added|adding|los(?:e|es|t|ing|s|ses)|earn\w*|gains?|gained|profit\w*|revenue\w*|invest\w*|budget\w*|"
            r"refund\w*|tax(?:es|ed)?|fine[sd]|discount\w*|overrun\w*|overspen\w*",
        },
        "measure": {
            "another measure": r"median|p50|p9[05]|fastest|shortest|minimum|least",
            "average": r"averages?|mean|typical(?:ly)?|usual(?:ly)?",
            "p99": r"p99|99th percentile|slow(?:est)?|longest|tail",
            "timeout": r"time[sd]?[ -]?outs?|timing out|limit(?:s|ed)?|stop(?:s|ped)?",
            "memory": r"configur\w+|assign\w*|allocat\w+|reserv\w+",
            "memory-used": r"us(?:e|es|ed|ing)|peaks?|needs?|needed|highest|consum\w+",
            "storage": r"/tmp|ephemeral|storage|disk",  # noqa: S108 (words, not a path)
        },
        "count": {
            "calls": r"called|calls|invoked|invocations?",
            "errors": r"fail(?:s|ed|ing|ures?)?|errors?|crash\w*|break(?:s|ing)?",
            "throttles": r"throttl\w+|reject\w*",
        },
    }.items()
}
# Words that say it only where no other word does.
_WEAK: Mapping[str, re.Pattern[str]] = {
    "cost": re.compile(
        r"\b(?:takes?|accounts?\sfor|makes?\sup|represents?|(?:goes|go)\s(?:to|into|on))\b", re.IGNORECASE
    ),
    "memory": re.compile(r"\bmemory\b", re.IGNORECASE),
}
SAME = {"saving-share": "saving", "cost-share": "cost", "invocations": "calls"}

_MONTH = r"(?:\s(?:a|per|each|every)\smonth|\smonthly)?"
_OF_IT = r"(?:\sof\s(?:\S+\s?){1,4}?)?"
_MAY = r"(?:can|could|would|will|may|might)"
# Words directly after a value that outweigh those before it: "would cost {…} less".
_AFTER: Mapping[str, re.Pattern[str]] = {
    "saving": re.compile(
        rf"{_MONTH}{_OF_IT}\s(?:{_MAY}\s(?:\w+ly\s|also\s|still\s)?"
        r"(?:be\s(?:saved|cut|avoided|recovered|removed|eliminated)|go\b|disappear)|"
        r"less\b|cheaper\b|(?:in|of)\s(?:possible\s)?savings?\b|saved\b)",
        re.IGNORECASE,
    ),
    "cost": re.compile(
        rf"{_MONTH}\s(?:(?:in|of)\s(?:costs?|spend\w*)\b|(?:is|are|was|were)\s(?:spent|paid|billed|charged)\b)",
        re.IGNORECASE,
    ),
}
_FALL = re.compile(
    r"\b(?:fall\w*|fell|drop\w*|shrink\w*|lower\w*|reduc\w+|cuts?|cutting|brings?|declin\w+|sinks?|down)\b",
    re.IGNORECASE,
)
_RISE = re.compile(r"\b(?:rises?|rose|risen|rising|grow\w*|grew|increas\w+|climb\w*|up)\b", re.IGNORECASE)
_ABOUT = r"\s(?:about\s|around\s|roughly\s|almost\s|nearly\s|some\s|only\s)?$"
_PART = re.compile(
    r"^\s?(?:out\s)?of\s(?:the\s|its\s|all\s(?:the\s)?|that\s|this\s|a\stotal\sof\s|their\s)?$", re.IGNORECASE
)
_OF = re.compile(r"(?:^|[,;:]\s|\sand\s)\s*(?:out\s)?of\s(?:the\s|its\s|all\s|these\s)?$", re.IGNORECASE)
_PART_WORDS = re.compile(
    r"\b(?:most|much|part|some|share|bulk|all|rest|portion)\sof\s(?:the\s|its\s|all\s|that\s|this\s)?$", re.IGNORECASE
)


def is_part_of(text: str, window: Window) -> bool:
    """Return whether the words before a key make it the whole of something: `{…} of {…}`, `most of the {…}`."""
    words = text[window.start : window.key_start]
    return bool((not window.first and _PART.match(words)) or _PART_WORDS.search(words))


def said(text: str, window: Window, figure: Figure, start: int, previous: Figure | None) -> str | None:
    """Return what the words say that a value is, None if they say nothing."""
    cues = _CUES.get({"share": "money"}.get(kind(figure), kind(figure)), {})
    before, after = clauses.comma_before(text, window), clauses.comma_after(text, window)
    part = is_part_of(text, window)
    if kind(figure) in {"money", "share"}:
        for meaning, pattern in _AFTER.items():
            if pattern.match(text, window.key_end, window.end):
                return meaning
        if direct := _preposition(text[start : window.key_start], text[before : window.key_start]):
            return direct
    if base(figure)[0] == "the saving" and kind(figure) == "share":
        return "saving"  # the value says what it is a share of
    nearest = (
        _last(text, cues, before, window.key_start)
        or _first(text, cues, window.key_end, after)
        or _last(text, cues, window.start, before)
    )
    if nearest == "cost" and _CUES["money"]["remaining"].search(text, window.start, after):
        return "remaining"
    if nearest is None and _OF.search(text[window.start : window.key_start]):
        return "cost"
    inherited = SAME.get(previous.meaning, previous.meaning) if previous is not None else None
    if nearest is None and inherited in cues and inherited in MONEY:
        if part:
            # A part of a saving may be a part of what is saved or of what is spent; other amounts are parts of a cost.
            return None if {inherited, figure.meaning} <= {"cost", "saving"} and inherited != "cost" else "cost"
        nearest = inherited
    if nearest is None and not part:
        weak = {meaning: pattern for meaning, pattern in _WEAK.items() if meaning in cues}
        nearest = _last(text, weak, before, window.key_start) or _first(text, weak, window.key_end, after)
    return nearest


def _preposition(sentence: str, clause: str) -> str | None:
    """Return what a preposition before the key says: by how much, from what or to what an amount changes."""
    if re.search(rf"\bby{_ABOUT}", clause, re.IGNORECASE):
        return "another amount" if _RISE.search(clause) else "saving"
    if re.search(rf"\bfrom{_ABOUT}", clause, re.IGNORECASE):
        return "cost" if _FALL.search(sentence) else None
    if re.search(rf"(?<!\bup)(?:^|\s)to{_ABOUT}", clause, re.IGNORECASE):
        return "remaining" if _FALL.search(sentence) else None
    return None


def _last(text: str, cues: Mapping[str, re.Pattern[str]], start: int, end: int) -> str | None:
    found = [(cue.end(), meaning) for meaning, pattern in cues.items() for cue in pattern.finditer(text, start, end)]
    return max(found)[1] if found else None


def _first(text: str, cues: Mapping[str, re.Pattern[str]], start: int, end: int) -> str | None:
    found = [(cue.start(), meaning) for meaning, pattern in cues.items() if (cue := pattern.search(text, start, end))]
    return min(found)[1] if found else None
