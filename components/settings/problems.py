"""What can be wrong with configuration, and how all of it is reported at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is wrong with a stack's configuration, and what to do about it.

    Attributes:
        key: The setting, as it is written in the stack's file.
        value: What was found there; None where nothing was.
        found: What to say in place of the value, such as "is encrypted"; empty to show the value.
        rule: What holds for this setting, as the end of a sentence.
        remedy: What to do, as a sentence.
    """

    key: str
    value: object
    rule: str
    remedy: str
    found: str = ""

    def __str__(self) -> str:
        shown = "is missing" if self.value is None else f"is {json.dumps(self.value, default=str, ensure_ascii=False)}"
        return f"{self.key} {self.found or shown}: {self.rule}. {self.remedy}"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a check of a single value has to say about it: the rule that is broken, and the remedy."""

    rule: str
    remedy: str


Check: TypeAlias = Callable[[str], Finding | None]
"""A check of a single value; None is its word for "nothing wrong"."""


Refused: TypeAlias = Mapping[str, Sequence[Problem]]
"""The problems of keys whose values cannot be used, found before anything is read."""

NOTHING_REFUSED: Refused = MappingProxyType({})


class SettingsError(ValueError):
    """What is wrong with a stack's configuration: all of it, as a message for the person who has to repair it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        count = "one problem" if len(self.problems) == 1 else f"{len(self.problems)} problems"
        super().__init__("\n".join([f"The stack's settings have {count}:", *(f"  - {p}" for p in self.problems)]))
