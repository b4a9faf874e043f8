"""Reading configuration so that every problem is found, and all of them are reported at once."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from components.settings.problems import NOTHING_REFUSED, Check, Finding, Problem, Refused


class Section:
    """One level of a configuration, whose getters note what is wrong instead of raising.

    A getter answers its default where the value cannot be used, so that reading goes on to the next problem; whoever
    reads must look at `problems` before using anything. Values may be text, as Pulumi hands over the top level of a
    stack's configuration, or what JSON has made of a structured value.

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
        self._asked: set[str] = set()

    def path(self, key: str) -> str:
        """The whole name of a key, as a message should give it."""
        return f"{self._prefix}{key}"

    def note(self, key: str, rule: str, remedy: str, *, value: object = None) -> None:
        """Note that a key's value breaks a rule; `value` is what to show in its place."""
        if key in self._refused:
            return
        shown = self._values.get(key) if value is None else value
        self.problems.append(Problem(key=self.path(key), value=shown, rule=rule, remedy=remedy))

    def has(self, key: str) -> bool:
        """Whether the key has been given."""
        self._asked.add(key)
        return self._values.get(key) is not None

    def text(self, key: str, *, default: str | None = None, check: Check | None = None) -> str:
        """A text that is not blank; required where there is no default."""
        if not self.has(key):
            if default is None:
                self.note(key, "it has no default", f"Give {self.path(key)} a value in the stack's file")
            return default or ""
        value = self._values[key]
        if not isinstance(value, str) or not value.strip():
            self.note(
                key, "it must be a text that is not blank", "Write a text, in quotes where YAML would read a number"
            )
            return default or ""
        if check and (finding := check(value)):
            self.note(key, finding.rule, finding.remedy)
        return value

    def integer(self, key: str, *, default: int, minimum: int, maximum: int) -> int:
        """A whole number between two bounds, both included."""
        if not self.has(key):
            return default
        value = self._values[key]
        try:
            number = int(value) if isinstance(value, str) else value
        except ValueError:
            number = None
        if not isinstance(number, int) or isinstance(number, bool) or not minimum <= number <= maximum:
            self.note(key, f"it must be a whole number from {minimum} to {maximum}", f"The default is {default}")
            return default
        return number

    def number(self, key: str, *, minimum: float, maximum: float) -> float | None:
        """A number between two bounds, both included; None where it is not given."""
        if not self.has(key):
            return None
        value = self._values[key]
        try:
            number = float(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else None
        except ValueError:
            number = None
        if number is None or not minimum <= number <= maximum:
            self.note(key, f"it must be a number from {minimum:g} to {maximum:g}", "Write it with a point, as 1.5")
            return None
        return number

    def flag(self, key: str, *, default: bool) -> bool:
        """True or false."""
        if not self.has(key):
            return default
        value = {"true": True, "false": False}.get(str(self._values[key]).lower())
        if value is None:
            self.note(key, "it must be true or false", f"The default is {str(default).lower()}")
            return default
        return value

    def texts(self, key: str, *, check: Check) -> tuple[str, ...]:
        """A list of texts, each of them checked; empty where it is not given."""
        values = self._structured(key, list, "a list of texts")
        for value in values or ():
            finding = (
                check(value) if isinstance(value, str) else Finding(rule="it must be a text", remedy="Write a text")
            )
            if finding:
                self.note(key, finding.rule, finding.remedy, value=value)
        return tuple(value for value in values or () if isinstance(value, str))

    def section(self, key: str) -> Section:
        """A mapping below this one; empty where it is not given."""
        values = self._structured(key, dict, "a mapping")
        problems = [] if key in self._refused else self.problems
        return Section(values or {}, prefix=f"{self.path(key)}.", problems=problems)

    def sections(self, key: str) -> tuple[Section, ...]:
        """A list of mappings; empty where it is not given."""
        found = []
        for index, values in enumerate(self._structured(key, list, "a list of mappings") or ()):
            if isinstance(values, dict):
                found.append(Section(values, prefix=f"{self.path(key)}[{index}].", problems=self.problems))
            else:
                remedy = "Write the entry as 'name: value' lines"
                self.note(f"{key}[{index}]", "it must be a mapping", remedy, value=values)
        return tuple(found)

    def names(self) -> Iterable[str]:
        """Every key, for a section whose keys are the user's own."""
        return self._values.keys()

    def refuse_unknown(self) -> None:
        """Note each key that nobody has asked for: it would be without effect, so it is a mistake."""
        for key in sorted(set(self._values) - self._asked):
            near = difflib.get_close_matches(key, self._asked, n=1, cutoff=0.5)
            remedy = f"Did you mean {self.path(near[0])}?" if near else f"Known are: {', '.join(sorted(self._asked))}"
            self.note(key, "there is no such setting", remedy)

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
            self.note(
                key,
                f"it must be {what}",
                f"Write {what} in the stack's file, or set it with 'pulumi config set --path'",
            )
            return None
        return value
