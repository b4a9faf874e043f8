"""Reads configuration in a way that finds every problem, so that all of them can be reported at once."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from components.settings.problems import NOTHING_REFUSED, Check, Finding, Problem, Refused

T = TypeVar("T")


class Section:
    """One level of a configuration. Its getters note problems instead of raising errors.

    A getter returns its default if the value cannot be used, so that reading goes on to the next problem. The caller
    must look at `problems` before it uses any value. Values may be text, as Pulumi passes on the top level of a stack's
    configuration, or parsed JSON.

    The value of a refused key is neither used nor shown, and nothing else is noted about the key.

    Attributes:
        problems: Everything noted so far, by this section and by those below it.
    """

    def __init__(
        self, values: Mapping[str, object], *, prefix: str, problems: list[Problem], refused: Refused = NOTHING_REFUSED
    ) -> None:
        problems.extend(problem for noted in refused.values() for problem in noted)
        self.problems = problems
        self._values = {key: value for key, value in values.items() if key not in refused}
        self._refused = frozenset(refused)
        self._prefix = prefix
        self._known: set[str] = set()

    def path(self, key: str) -> str:
        """Return the full name of a key, for messages."""
        return f"{self._prefix}{key}"

    def note(self, key: str, finding: Finding, *, value: object = None) -> None:
        """Note that a key's value breaks a rule.

        Args:
            key: The key in this section.
            finding: The rule and the remedy.
            value: The value to show, if it is not the whole value of the key.
        """
        if key in self._refused:
            return
        shown = self._values.get(key) if value is None else value
        self.problems.append(Problem(key=self.path(key), value=shown, rule=finding.rule, remedy=finding.remedy))

    def has(self, key: str) -> bool:
        """Return whether the key has a value."""
        self._known.add(key)
        return self._values.get(key) is not None

    def is_valid(self, *keys: str) -> bool:
        """Return whether nothing has been noted about the keys, so that a rule between their values makes sense."""
        return {self.path(key) for key in keys}.isdisjoint(problem.key for problem in self.problems)

    def text(self, key: str, *, default: str | None = None, check: Check | None = None) -> str:
        """Return a text that is not blank; it is required if there is no default."""
        if not self.has(key):
            if default is None:
                self.note(key, Finding(rule="it is required", remedy=f"Set {self.path(key)}"))
            return default or ""
        value = self._values[key]
        if not isinstance(value, str) or not value.strip():
            self.note(
                key,
                Finding(rule="it must be a text that is not blank", remedy="Write a text; put a number in quotes"),
            )
            return default or ""
        return self._checked(key, value, check)

    def integer(
        self,
        key: str,
        *,
        default: int | None,
        minimum: int,
        maximum: int,
        check: Callable[[int], Finding | None] | None = None,
    ) -> int | None:
        """Return a whole number between two bounds, both included."""
        if not self.has(key):
            return default
        value = self._values[key]
        try:
            number = int(value) if isinstance(value, str) else value
        except ValueError:
            number = None
        if not isinstance(number, int) or isinstance(number, bool) or not minimum <= number <= maximum:
            rule = f"it must be a whole number from {minimum} to {maximum}"
            self.note(key, Finding(rule=rule, remedy=_default_is(default)))
            return default
        return self._checked(key, number, check)

    def number(self, key: str, *, default: float | None, minimum: float, maximum: float) -> float | None:
        """Return a number between two bounds, both included."""
        if not self.has(key):
            return default
        value = self._values[key]
        try:
            number = float(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else None
        except ValueError:
            number = None
        if number is None or not minimum <= number <= maximum:
            rule = f"it must be a number from {minimum:g} to {maximum:g}"
            self.note(key, Finding(rule=rule, remedy="Write a number such as 1.5"))
            return default
        return number

    def flag(self, key: str, *, default: bool) -> bool:
        """Return a value that is true or false."""
        if not self.has(key):
            return default
        value = {"true": True, "false": False}.get(str(self._values[key]).lower())
        if value is None:
            remedy = _default_is(str(default).lower())
            self.note(key, Finding(rule="it must be true or false", remedy=remedy))
            return default
        return value

    def texts(self, key: str, *, check: Check | None = None) -> tuple[str, ...]:
        """Return a list of different texts, each of them checked; empty if the key has no value."""
        texts: list[str] = []
        for value in self._structured(key, list, 'a list of texts, such as ["first", "second"]') or ():
            if not isinstance(value, str):
                self.note(key, Finding(rule="it must be a text", remedy="Put the value in quotes"), value=value)
            elif value.lower() in map(str.lower, texts):
                self.note(key, Finding(rule="it is in the list twice", remedy="Remove one of them"), value=value)
            else:
                texts.append(self._checked(key, value, check))
        return tuple(texts)

    def section(self, key: str) -> Section:
        """Return the mapping below this one; empty if the key has no value."""
        values = self._structured(key, dict, 'a mapping, such as {"name": "value"}')
        problems = [] if key in self._refused else self.problems
        return Section(values or {}, prefix=f"{self.path(key)}.", problems=problems)

    def sections(self, key: str) -> tuple[Section, ...]:
        """Return a list of mappings; empty if the key has no value."""
        found = []
        what = 'a mapping, such as {"name": "value"}'
        for index, values in enumerate(
            self._structured(key, list, 'a list of mappings, such as [{"name": "x"}]') or ()
        ):
            if isinstance(values, dict):
                found.append(Section(values, prefix=f"{self.path(key)}[{index}].", problems=self.problems))
            else:
                self.note(f"{key}[{index}]", _must_be(what), value=values)
        return tuple(found)

    def names(self) -> Iterable[str]:
        """Return every key, for a section whose keys the user chooses."""
        return self._values.keys()

    def refuse_unknown(self) -> None:
        """Note each key that was not read: it has no effect, so it is a mistake."""
        for key in sorted(set(self._values) - self._known):
            near = difflib.get_close_matches(key, self._known, n=1, cutoff=0.5)
            remedy = f"Did you mean {self.path(near[0])}?" if near else f"Known are: {', '.join(sorted(self._known))}"
            self.note(key, Finding(rule="there is no such setting", remedy=remedy))

    def _checked(self, key: str, value: T, check: Callable[[T], Finding | None] | None) -> T:
        if check and (finding := check(value)):
            self.note(key, finding, value=value)
        return value

    def _structured(self, key: str, kind: type, what: str) -> Any:
        if not self.has(key):
            return None
        value = self._values[key]
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except json.JSONDecodeError:
                value = None
        if not isinstance(value, kind):
            self.note(key, _must_be(what))
            return None
        return value


def _must_be(what: str) -> Finding:
    return Finding(rule=f"it must be {what.partition(',')[0]}", remedy=f"Write {what}")


def _default_is(default: object) -> str:
    return "Leave it out if you do not need it" if default is None else f"The default is {default}"
