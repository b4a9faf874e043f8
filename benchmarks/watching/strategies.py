"""Ways in which the workflow could wait, each as a changed copy of its real definition."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from agent.harness.journal.expected_duration import Expectation
from benchmarks.watching.simulation import Path, Watched, watch
from components.settings.budgets import Budgets
from tests.components.workflow.definitions.machines import run_definition

OURS = "ours"
CALLBACK = "callback with heartbeat"
DOUBLING = "doubling to 60 s"


@dataclass(frozen=True, kw_only=True)
class Strategy:
    """A way to wait.

    Attributes:
        name: What it is called in tables.
        definition: The workflow that waits like this.
        budgets: The budgets of the definition.
    """

    name: str
    definition: Mapping[str, Any] = field(repr=False)
    budgets: Budgets
    _paths: dict[Expectation | None, Path] = field(default_factory=dict, repr=False)

    def watch(self, seconds: float, expected: Expectation) -> Watched:
        """Return how a run of some seconds is watched with an expectation."""
        if self.name == CALLBACK:
            return self._shortest  # the agent's call ends the wait, and the workflow reads the journal once
        shared = expected if self.name == OURS else None
        if shared not in self._paths:
            self._paths[shared] = Path(self.definition, self.budgets, expected, self._shortest)
        return self._paths[shared].watch(seconds)

    @cached_property
    def _shortest(self) -> Watched:
        """How the workflow watches a run that ends before the first poll. The expectation does not matter then."""
        expected = Expectation(seconds=self.budgets.expected_seconds, last_durations=())
        return watch(self.definition, self.budgets, seconds=0.0, expected=expected)


def strategies(deadline_seconds: int) -> list[Strategy]:
    """Return all strategies, ours last.

    Args:
        deadline_seconds: The workflow's deadline.
    """
    budgets = Budgets(
        workflow_deadline_seconds=deadline_seconds,
        agent_deadline_seconds=deadline_seconds - 1,
        max_lifetime_seconds=8 * 3_600,
    )
    ours = run_definition(budgets=budgets)
    backoff = f"{{% $min([{budgets.poll_max_seconds}, $power(2, $looks)]) %}}"
    callback = copy.deepcopy(ours)
    callback["States"]["EvaluateStart"]["Default"] = "CheckRun"
    definitions = {
        "fixed 10 s": _with_wait(ours, 10),
        "fixed 60 s": _with_wait(ours, 60),
        DOUBLING: _with_wait(ours, backoff),
        CALLBACK: callback,
        OURS: ours,
    }
    return [Strategy(name=name, definition=definition, budgets=budgets) for name, definition in definitions.items()]


def _with_wait(definition: Mapping[str, Any], seconds: int | str) -> Mapping[str, Any]:
    changed = copy.deepcopy(dict(definition))
    changed["States"]["WaitForRun"]["Seconds"] = seconds
    return changed
