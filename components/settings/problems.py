"""The problems that configuration can have, and the error that reports all of them at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, TypeAlias

# A message shows this many characters of a value: enough to recognise a prompt, and the remedy stays in view.
_LONGEST_SHOWN = 60


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One problem of a configuration, with its remedy.

    Attributes:
        key: The setting's name, as the user writes it.
        value: The value found; None if there is none.
        found: Text to show instead of the value, such as "is encrypted"; empty to show the value.
        rule: The rule that the value breaks, as the end of a sentence.
        remedy: What to do, as a sentence without a full stop.
    """

    key: str
    value: object
    rule: str
    remedy: str
    found: str = ""

    @property
    def reason(self) -> str:
        """The problem without the key."""
        return f"{self.found or self._shown()}: {self.rule}. {self.remedy}"

    def __str__(self) -> str:
        return f"{self.key} {self.reason}"

    def _shown(self) -> str:
        if self.value is None:
            return "is missing"
        text = json.dumps(self.value, default=str, ensure_ascii=False)
        return f"is {text if len(text) <= _LONGEST_SHOWN else f'{text[:_LONGEST_SHOWN]}…'}"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a check of a single value found: the rule that the value breaks, and the remedy."""

    rule: str
    remedy: str


Check: TypeAlias = Callable[[str], Finding | None]
"""A check of a text; it returns None if nothing is wrong."""


Refused: TypeAlias = Mapping[str, Sequence[Problem]]
"""The problems of keys whose values must not be used, found before the values are read."""

NOTHING_REFUSED: Refused = MappingProxyType({})


class SettingsError(ValueError):
    """A stack's settings have problems; the message lists all of them, each with its remedy."""

    subject: ClassVar[str] = "The stack's settings have"

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join([f"{self.title}:", *(f"  - {problem}" for problem in self.problems)]))

    @property
    def title(self) -> str:
        """The first line of the message, without the problems."""
        count = len(self.problems)
        return f"{self.subject} {'one problem' if count == 1 else f'{count} problems'}"
