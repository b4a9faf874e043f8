"""The figures of an analysis by key: what the tools return, and what a text may name.

A key is the path of a value in a tool's result, joined with dots: `{"checkout": {"cost": "$99.43"}}` has the key
`checkout.cost`. It begins with its subject, ends with its meaning, and may have a topic between them: a rule, a region,
a runtime or a processor. Items of lists have no key.
"""

from __future__ import annotations

import collections
import difflib
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any
from urllib.parse import quote

from agent.analyst.analysis.profile import FunctionProfile
from agent.analyst.report.outline.headings import MINOR_SAVINGS

ACCOUNT = "account"
"""The subject of the figures of all functions together."""

OWNERS = "owners"
"""The first part of the keys of an owner. The subject is `owners.<owner>`."""

NAME = "name"
"""The meaning of the name of a function or an owner."""

UNTAGGED = "(untagged)"
"""Stands for an owner in the keys of the functions without one."""

_RESERVED = frozenset({ACCOUNT, OWNERS, "gaps", "not_judged"})  # first parts of the tools' results
_NEAREST = 3
_LONGEST_OWNER = 40


class Kind(Enum):
    """How a value is written, and what its words must say."""

    MONEY = "cost saving remaining"
    SHARE = "cost-share saving-share"
    COUNT = (
        "functions functions-that-ran functions-that-did-not-run functions-to-change functions-with-recommendations "
        "not-judged changes changes-not-listed findings recommendations recommendations-not-listed minor-savings calls "
        "invocations errors throttles"
    )
    MEASURE = "average p99 timeout memory memory-used storage"
    GRADE = "confidence risk"
    WORDS = "issue change formula assumption risk-reason usage region runtime architecture window"  # by code or AWS
    FOREIGN = "name owner largest-saving"  # chosen by somebody: names and tags
    EVIDENCE = ""  # any other meaning


_KINDS = {meaning: kind for kind in Kind for meaning in kind.value.split()}
# The words for a meaning where they are not those of the key.
_LABELS = {
    "cost-share": "cost",
    "saving-share": "saving",
    "remaining": "cost after all changes",
    "memory": "configured memory",
    "memory-used": "highest memory used",
    "storage": "ephemeral storage",
    "not-judged": "functions that could not be judged",
    "minor-savings": MINOR_SAVINGS.lower(),
    "errors": "failed calls",
    "throttles": "throttled calls",
}


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
    def subject(self) -> str:
        """Return `account`, the handle of a function, or `owners.<owner>`."""
        parts = self.key.split(".", 2)
        return ".".join(parts[:2]) if parts[0] == OWNERS else parts[0]

    @property
    def topic(self) -> str:
        """Return the parts between subject and meaning; empty if there are none."""
        return self.key.removeprefix(self.subject).rpartition(".")[0].removeprefix(".")

    @property
    def meaning(self) -> str:
        """Return the last part: what the value is."""
        return self.key.rpartition(".")[2]

    @property
    def kind(self) -> Kind:
        """Return its kind."""
        kind = _KINDS.get(self.meaning, Kind.EVIDENCE)
        is_number = isinstance(self.value, int) or self.value.replace(",", "").isdecimal()
        return Kind.EVIDENCE if kind is Kind.COUNT and not is_number else kind

    @property
    def label(self) -> str:
        """Return the words for its meaning; for a count in the plural, with its noun first: `functions that ran`."""
        kind, _, alias = self.meaning.partition("-")
        if kind == "qualifier":  # somebody has chosen what follows
            return f"{kind} \u201c{alias}\u201d"
        return _LABELS.get(self.meaning, self.meaning.replace("-", " "))


class Figures:
    """All figures of an assessment.

    Args:
        documents: The tools' results. A key has the same value in all of them.
        names: Names of the functions and the owners by subject.
    """

    def __init__(self, documents: Iterable[Mapping[str, Any]], names: Mapping[str, str]) -> None:
        self.names = names
        self._figures = {key: Figure(key=key, value=value) for one in documents for key, value in _leaves(one)}
        self._figures |= {key: Figure(key=key, value=name) for of, name in names.items() for key in [f"{of}.{NAME}"]}

    def __iter__(self) -> Iterator[Figure]:
        return iter(self._figures.values())

    def get(self, key: str) -> Figure | None:
        """Return the figure of a key, or None."""
        return self._figures.get(key)

    def nearest(self, key: str) -> Sequence[str]:
        """Return the keys that resemble an unknown key most: of its subject if there is one, then of the account."""
        subject, _, rest = key.partition(".")
        if subject not in {ACCOUNT, OWNERS, *self.names}:
            # Two functions of the same name have handles with their region.
            subjects = [handle for handle, name in self.names.items() if name == subject][:_NEAREST]
            subjects = subjects or difflib.get_close_matches(subject, [ACCOUNT, *self.names], n=_NEAREST, cutoff=0.5)
            if same := [found for handle in subjects if (found := f"{handle}.{rest}") in self._figures]:
                return same
        among = [known for known in self._figures if known.partition(".")[0] in {subject, ACCOUNT}]
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
        name = _escaped(profile.name)
        alone = times[profile.name] == 1 and name not in _RESERVED
        result[profile.key] = name if alone else f"{profile.region}/{name}"
    return result


def owner_handle(name: str | None) -> str:
    """Return what stands for an owner in keys; two owners never have the same.

    Letters, digits, `-` and `_` stay as they are; other characters become `%` and their code. `~` and a checksum stand
    for the rest of a long name, and `(untagged)` and `(empty)` for no tag and for a tag without a value.
    """
    if not name:
        return UNTAGGED if name is None else "(empty)"
    escaped = _escaped(name)
    if len(escaped) <= _LONGEST_OWNER:
        return escaped
    return f"{escaped[: _LONGEST_OWNER - 13]}~{hashlib.sha256(name.encode()).hexdigest()[:12]}"


def _escaped(name: str) -> str:
    return quote(name, safe="", errors="surrogatepass").replace(".", "%2E").replace("~", "%7E")


def _leaves(node: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, int | str]]:
    for name, value in node.items():
        key = f"{path}.{name}" if path else name
        if isinstance(value, Mapping):
            yield from _leaves(value, key)
        elif value is not None and value != "" and not isinstance(value, list):
            yield key, value
