"""What the model's texts may name, and the form in which they are checked and published."""

from __future__ import annotations

import re
import unicodedata

from agent.analyst.narrative import numbers
from agent.analyst.narrative.keys import RESERVED, Figures
from agent.analyst.narrative.topics import Topics
from agent.harness.journal.visible_text import without_invisible

_FRACTIONS = re.compile(r"[\u00bc-\u00be\u2150-\u215e\u2189]")

# Names that are words of every report. They are written by their keys: `{cost.name}`.
_COMMON = frozenset(
    [
        "a",
        "all",
        "an",
        "and",
        "change",
        "changes",
        "cost",
        "costs",
        "function",
        "functions",
        "in",
        "it",
        "its",
        "logs",
        "memory",
        "no",
        "of",
        "on",
        "or",
        "save",
        "saves",
        "saving",
        "savings",
        "that",
        "the",
        "this",
        "to",
        "total",
        "which",
        "with",
    ]
)


class Vocabulary:
    """What texts about an assessment may name.

    Args:
        figures: All figures.
        names: Other names that may have digits: runtimes, ARNs, log groups, findings.
        account: The account's id.
    """

    def __init__(self, figures: Figures, names: frozenset[str], account: str) -> None:
        self.figures = figures
        self.topics = Topics(figures)
        self.account = re.compile(rf"\baccount\s(?:id\s)?{re.escape(account)}\b", re.IGNORECASE) if account else None
        handles: dict[str, set[str]] = {}
        for handle, name in figures.functions.items():
            for word in {name, handle} - RESERVED - _COMMON:
                if not numbers.reads_as_number(word):
                    handles.setdefault(word, set()).add(handle)
        self.functions = {name: frozenset(among) for name, among in handles.items()}
        self.names = {name for name in names if not numbers.reads_as_number(name)}


def plain(text: str) -> str:
    """Return a text as it is checked and published: one form of each character, no invisible ones, no emphasis."""
    text = unicodedata.normalize("NFKC", _FRACTIONS.sub(r" \g<0>", text))
    text = without_invisible(text)
    text = re.sub(r"[\u2010-\u2012\u2212]", "-", re.sub(r"[*`]", "", text))
    return re.sub(r"[^\S\n]+", " ", text).strip()
