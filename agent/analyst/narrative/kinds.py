"""What figures are, by the last parts of their keys."""

from __future__ import annotations

from collections.abc import Mapping

from agent.analyst.narrative.keys import ACCOUNT, Figure
from agent.analyst.report.outline.headings import MINOR_SAVINGS

# Counts by their meaning: the words for one and for many. The first word is what is counted.
COUNTED: Mapping[str, tuple[str, str]] = {
    "functions": ("function", "functions"),
    "functions-that-ran": ("function that ran", "functions that ran"),
    "functions-that-did-not-run": ("function that did not run", "functions that did not run"),
    "functions-to-change": ("function to change", "functions to change"),
    "functions-with-recommendations": ("function with recommendations", "functions with recommendations"),
    "not-judged": ("function that could not be judged", "functions that could not be judged"),
    "changes": ("change", "changes"),
    "changes-not-listed": ("change that is not listed", "changes that are not listed"),
    "findings": ("finding", "findings"),
    "recommendations": ("recommendation", "recommendations"),
    "recommendations-not-listed": ("recommendation that is not listed", "recommendations that are not listed"),
    "minor-savings": (MINOR_SAVINGS.lower().replace("savings", "saving", 1), MINOR_SAVINGS.lower()),
    "calls": ("call", "calls"),
    "invocations": ("invocation", "invocations"),
    "errors": ("failed call", "failed calls"),
    "throttles": ("throttled call", "throttled calls"),
}
COUNTS = frozenset(COUNTED)
MONEY = frozenset({"cost", "saving", "remaining"})
SHARES = frozenset({"cost-share", "saving-share"})
MEASURES = frozenset({"average", "p99", "timeout", "memory", "memory-used", "storage"})
# Values that are words and read alike everywhere.
WORDS = frozenset(
    {
        "issue",
        "change",
        "confidence",
        "risk",
        "formula",
        "assumption",
        "risk-reason",
        "usage",
        "region",
        "owner",
        "runtime",
        "architecture",
        "window",
    }
)


def kind(figure: Figure) -> str:
    """Return what a figure is: `money`, `share`, `count`, `measure`, `words` or `evidence`."""
    kinds = {"money": MONEY, "share": SHARES, "count": COUNTS, "measure": MEASURES, "words": WORDS}
    found = next((name for name, meanings in kinds.items() if figure.meaning in meanings), "evidence")
    counted = isinstance(figure.value, int) or figure.value.replace(",", "").isdecimal()
    return "evidence" if found == "count" and not counted else found


def base(figure: Figure) -> tuple[str, str]:
    """Return what a share is a part of: the words for it, and its key."""
    if figure.meaning == "cost-share" or (figure.scope == ACCOUNT and not figure.topic):
        return "the account's cost", f"{ACCOUNT}.cost"
    return ("the saving", f"{ACCOUNT}.saving") if figure.scope == ACCOUNT else ("its cost", f"{figure.scope}.cost")
