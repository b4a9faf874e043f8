"""Checks that the words around a key say what its value is: a cost is no saving, and a month is no year."""

from __future__ import annotations

import re
from collections.abc import Iterator

from agent.analyst.narrative import clauses, cues
from agent.analyst.narrative.clauses import Window
from agent.analyst.narrative.cues import SAME
from agent.analyst.narrative.keys import ACCOUNT, Figure, kind

# Without one of its words nearby, such a value would have no meaning.
_NEEDS_CUE = frozenset({"cost", "saving", "saving-share", "remaining", "memory-used"})

_COMPARED = re.compile(
    r"\b(?:(?:more|less|fewer|greater|higher|lower|bigger|larger|smaller|cheaper|longer|shorter)\sthan|over|under|above|"
    r"below|beyond|exceed(?:s|ed|ing)?)\s(?:the\s|a\s|its\s)?$",
    re.IGNORECASE,
)
_NOT = re.compile(r"\b(?:not(?!\sonly)|never|cannot|no|none|hardly|neither|nor)\b|n['\u2019]t\b", re.IGNORECASE)
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
    r"|\bthe\s(?:\w+\s)?(?:rest|others?|remaining|remainder)\b"
    r"|\b(?:on\saverage|average|median|typical\w*|apiece|per\s(?:head|capita))\b|\b(?:each|respectively)$",
    re.IGNORECASE,
)


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
    meaning = SAME.get(figure.meaning, figure.meaning)
    said = cues.said(text, window, figure, sentence[0], previous)
    if said is not None and said != meaning:
        yield f"the words say {said!r} and the key says {figure.meaning!r}"
    elif said is None and figure.meaning in _NEEDS_CUE and not cues.is_part_of(text, window):
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


def _example(meaning: str) -> str:
    return {"cost": "costs", "saving": "saves", "remaining": "remains"}.get(meaning, "uses")
