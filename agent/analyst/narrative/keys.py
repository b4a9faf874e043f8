"""The figures of an analysis by key: what the tools return, and what a text may name.

A key is the path of a value in a tool's result, joined with dots: `{"checkout": {"cost": "$99.43"}}` has the key
`checkout.cost`. Its first part is its scope: `account`, or a function. Its last part is its meaning: a cost is never a
saving. The parts between them are its topic: a rule, a region, a runtime or a processor. Items of lists have no key.
"""

from __future__ import annotations

import collections
import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from agent.analyst.analysis.profile import FunctionProfile
from agent.analyst.report.outline.headings import MINOR_SAVINGS

ACCOUNT = "account"
"""The scope of the figures of all functions together."""

NAME = "name"
"""The meaning of a function's name: for a name that could be read as a number, which must not stand in the words."""

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

OWNERS = "owners"
"""The scope of the figures of each owner, who is the topic."""
UNTAGGED = "(untagged)"
"""The topic of the figures of the functions without an owner."""

# The first parts of the tools' results that are no functions.
RESERVED = frozenset({ACCOUNT, OWNERS, "gaps", "not_judged"})
_NEAREST = 3


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A value that a tool returns.

    Attributes:
        key: Its key.
        value: The value as the tool returns it: a number for a count, otherwise a text with its unit.
    """

    key: str
    value: int | str

    @property
    def scope(self) -> str:
        """Return `account`, or the handle of a function."""
        return self.key.partition(".")[0]

    @property
    def topic(self) -> str:
        """Return the parts between scope and meaning; empty if there are none."""
        return self.key.partition(".")[2].rpartition(".")[0]

    @property
    def meaning(self) -> str:
        """Return the last part: what the value is."""
        return self.key.rpartition(".")[2]


class Figures:
    """All figures of an assessment.

    Args:
        documents: The tools' results. A key has the same value in all of them.
        functions: Names of the functions by handle.
    """

    def __init__(self, documents: Iterable[Mapping[str, Any]], functions: Mapping[str, str]) -> None:
        self.functions = functions
        self._figures = {
            key: Figure(key=key, value=value) for document in documents for key, value in _leaves(document)
        }

    def __iter__(self) -> Iterator[Figure]:
        return iter(self._figures.values())

    def get(self, key: str) -> Figure | None:
        """Return the figure of a key, or None. The key `<function>.name` has the name of a function as its value."""
        scope, _, last = key.rpartition(".")
        if last == NAME and scope in self.functions:
            return Figure(key=key, value=f"function {self.functions[scope]}")
        return self._figures.get(key)

    def nearest(self, key: str) -> Sequence[str]:
        """Return the keys that resemble an unknown key most: of its function if there is one, then of the account."""
        scope, _, rest = key.partition(".")
        if scope != ACCOUNT and scope not in self.functions:
            scopes = difflib.get_close_matches(scope, [ACCOUNT, *self.functions], n=_NEAREST, cutoff=0.5)
            # Two functions of the same name have handles with their region.
            scopes = [handle for handle, name in self.functions.items() if name == scope][:_NEAREST] or scopes
            same = [found for handle in scopes if (found := f"{handle}.{rest}") in self._figures]
            if same:
                return same
        among = [name for name in self._figures if name.partition(".")[0] in {scope, ACCOUNT}]
        return difflib.get_close_matches(key, among, n=_NEAREST, cutoff=0.3)


def handles(profiles: Iterable[FunctionProfile]) -> Mapping[str, str]:
    """Return what stands for each function in keys, by `FunctionProfile.key`.

    It is the function's name. A name that is not unique, or that is a word of the keys, has its region before it:
    `us-east-1/checkout`. A character that AWS does not allow in names is written as `%` and its code.
    """
    known = list(profiles)
    times = collections.Counter(profile.name for profile in known)
    result = {}
    for profile in known:
        name = escaped(profile.name)
        alone = times[profile.name] == 1 and name not in RESERVED
        result[profile.key] = name if alone else f"{profile.region}/{name}"
    return result


def escaped(name: str) -> str:
    """Return a name as a part of a key: a character that keys do not have is written as `%` and its code in UTF-8."""
    return quote(name, safe="").replace(".", "%2E").replace("~", "%7E")


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


def is_general(figure: Figure) -> bool:
    """Return whether a figure may stand in any sentence: the time of observation, or a rule's title."""
    return figure.scope == ACCOUNT and kind(figure) == "words"


def slug(label: str) -> str:
    """Return a label as a part of a key: `Highest memory used` becomes `highest-memory-used`."""
    return re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")


def _leaves(node: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, int | str]]:
    for name, value in node.items():
        key = f"{path}.{name}" if path else name
        if isinstance(value, Mapping):
            yield from _leaves(value, key)
        elif value is not None and value != "" and not isinstance(value, list):
            yield key, value
