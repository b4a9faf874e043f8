"""Checks that the words around a key say what its value is: a cost is no saving, and a month is no year."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from agent.analyst.narrative import clauses
from agent.analyst.narrative.clauses import Window
from agent.analyst.narrative.keys import ACCOUNT, Figure
from agent.analyst.narrative.kinds import kind

# Words that say what a value is, by group. The nearest one decides.
_CUES: Mapping[str, Mapping[str, re.Pattern[str]]] = {
    group: {meaning: re.compile(rf"(?<![\w-])(?:{words})(?!\w)", re.IGNORECASE) for meaning, words in meanings.items()}
    for group, meanings in {
        "money": {
            "cost": r"costs?|costing|costly|spend|spends|spent|spending|pay|pays|paid|paying|bills?|billed|charged?|"
            r"charges|price[ds]?|expens\w+|takes?|accounts? for|makes? up|represents?|(?:goes|go) (?:to|into|on)",
            "saving": r"(?:cost-)?sav(?:e|es|ed|ing|ings|able)|cheaper|less|cuts?|cutting|trim\w*|avoid\w*|"
            r"reduc\w+|lower(?:s|ed|ing)?|recover\w*|shav\w+|frees? up|(?:can|could|would|may) (?:go|be removed)",
            "remaining": r"remain(?:s|ing|der)?|left|leaves?|leaving|after (?:all |the |these |those |every )*changes?",
            "another amount": r"increas\w+|rises?|rising|rose|risen|grows?|growing|grew|growth|extra|additional|"
            r"adds?|added|adding|los(?:e|es|t|ing|s|ses)|wast\w+|earn\w*|gains?|gained|profit\w*|revenue\w*|invest\w*|budget\w*|"
            r"refund\w*|tax(?:es|ed)?|fine[sd]|discount\w*|overrun\w*|overspen\w*",
        },
        "measure": {
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
_SAME = {"saving-share": "saving", "cost-share": "cost", "invocations": "calls"}
# Without one of its words nearby, such a value would have no meaning.
_NEEDS_CUE = frozenset({"cost", "saving", "saving-share", "remaining"})

_MONTH = r"(?:\s(?:a|per|each|every)\smonth|\smonthly)?"
_OF = r"(?:\sof\s(?:\S+\s?){1,4}?)?"
_MAY = r"(?:can|could|would|will|may|might)"
# Words directly after a value that outweigh those before it: "would cost {…} less".
_AFTER: Mapping[str, re.Pattern[str]] = {
    "saving": re.compile(
        rf"{_MONTH}{_OF}\s(?:{_MAY}\s(?:\w+ly\s|also\s|still\s)?(?:be\s(?:saved|cut|avoided|recovered|removed)|go\b|disappear)|"
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
_COMPARED = re.compile(
    r"\b(?:(?:more|less|fewer|greater|higher|lower|bigger|larger|smaller|cheaper|longer|shorter)\sthan|over|under|above|"
    r"below|beyond|exceed(?:s|ed|ing)?)\s(?:the\s|a\s|its\s)?$",
    re.IGNORECASE,
)
_NOT = re.compile(r"\b(?:not(?!\sonly)|never|cannot|no|none|without|hardly|neither|nor)\b|n['\u2019]t\b", re.IGNORECASE)
_TIME = r"(?:year|quarter|week|day|hour|minute|second|decade|fortnight|century)s?"
_OTHER_TIME = re.compile(
    rf"(?<!\bfor\s)(?<!\bwithin\s)(?<!\bafter\s)(?<!\buntil\s)\b(?:an?|per|each|every|whole|full)\s(?:\w+\s)?{_TIME}\b"
    r"|\b(?:annual|year|week|dai|hour|quarter|bimonth)ly\b|\bannual\b|\bper\sannum\b|\bbi-?monthly\b"
    r"|\b(?:few|several|many|some|all)\s(?:\w+\s)?(?:months|years|weeks|days)\b",
    re.IGNORECASE,
)
_OTHER_TIME_NEARBY = re.compile(
    rf"\b(?:this|last|next|the)\s{_TIME}\b|\b(?:so\sfar|to\sdate|yesterday|already)\b", re.IGNORECASE
)
_MONTHLY = re.compile(r"\b(?:a|per|each|every)\smonth\b|\bmonthly\b", re.IGNORECASE)
_SHARED_OUT = re.compile(
    r"\b(?:each|every|per|a)\s(?:single\s)?(?:functions?|lambdas?|change|one|team|owner|region|call|run|invocation|request)\b"
    r"|\bon\saverage\b|\baverage\b|\bmedian\b|\btypical\w*\b|\bapiece\b|\bper\s(?:head|capita)\b|\b(?:each|respectively)$",
    re.IGNORECASE,
)
_PART = re.compile(
    r"^\s?(?:out\s)?of\s(?:the\s|its\s|all\s(?:the\s)?|that\s|this\s|a\stotal\sof\s|their\s)?$", re.IGNORECASE
)
_PART_WORDS = re.compile(
    r"\b(?:most|much|part|some|share|bulk|all|rest|portion)\sof\s(?:the\s|its\s|all\s|that\s|this\s)?$", re.IGNORECASE
)


def is_part_of(text: str, window: Window) -> bool:
    """Return whether the words before a key make it the whole of something: `{…} of {…}`, `most of the {…}`."""
    words = text[window.start : window.key_start]
    return bool((not window.first and _PART.match(words)) or _PART_WORDS.search(words))


def problems(
    text: str, window: Window, figure: Figure, *, sentence: tuple[int, int], previous: Figure | None
) -> Iterator[str]:
    """Yield what is wrong with the words around a key.

    Args:
        text: The text, in which keys, units and names are hidden.
        window: The window of the key.
        figure: The key's figure.
        sentence: Where the sentence begins and ends.
        previous: The figure before it in the sentence.
    """
    what = kind(figure)
    if what in {"words", "evidence"}:
        return
    meaning = _SAME.get(figure.meaning, figure.meaning)
    said = _said(text, window, figure, sentence[0], previous)
    if said is not None and said != meaning:
        yield f"the words say {said!r} and the key says {figure.meaning!r}"
    elif said is None and figure.meaning in _NEEDS_CUE and not is_part_of(text, window):
        yield f"say in the same clause what it is, for example with the word {_example(meaning)!r}"
    near = text[clauses.comma_before(text, window, also_and=True) : clauses.comma_after(text, window)]
    clause = text[clauses.comma_before(text, window) : clauses.comma_after(text, window)]
    if denied := _NOT.search(near):
        yield f"no {denied[0]!r} in a clause with a figure: say what is the case"
    if compared := _COMPARED.search(text, window.start, window.key_start):
        yield f"leave out {compared[0].strip()!r}: the value is exact"
    if what == "money":
        time = _OTHER_TIME.search(text, window.start, window.end) or _OTHER_TIME_NEARBY.search(clause)
        if time:
            yield f"leave out {time[0]!r}: amounts are per month"
        if figure.scope == ACCOUNT and (shared := _SHARED_OUT.search(clause)):
            yield f"leave out {shared[0]!r}: it is the amount of all together"
    if what == "count" and figure.scope != ACCOUNT and (monthly := _MONTHLY.search(clause)):
        yield f"leave out {monthly[0]!r}: it is the number in the time of observation"


def _said(text: str, window: Window, figure: Figure, start: int, previous: Figure | None) -> str | None:
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
    nearest = (
        _last(text, cues, before, window.key_start)
        or _first(text, cues, window.key_end, after)
        or _last(text, cues, window.start, before)
    )
    if nearest == "cost" and _CUES["money"]["remaining"].search(text, window.start, after):
        return "remaining"
    if nearest is None and previous is not None and kind(previous) in {"money", "share"}:
        inherited = _SAME.get(previous.meaning, previous.meaning)
        if part:
            # A part of a saving may be a part of what is saved or of what is spent; other amounts are parts of a cost.
            return None if {inherited, figure.meaning} <= {"cost", "saving"} and inherited != "cost" else "cost"
        return inherited if inherited in cues else None
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


def _example(meaning: str) -> str:
    return {"cost": "costs", "saving": "saves"}.get(meaning, "remains")
