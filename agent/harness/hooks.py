"""Strands hooks that journal each call of the agent. The model never has to write to the journal."""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Callable
from typing import Any, Protocol

from strands.hooks import (
    AfterModelCallEvent,
    AfterToolCallEvent,
    BeforeModelCallEvent,
    BeforeToolCallEvent,
    HookProvider,
    HookRegistry,
)

from agent.harness.journal.fenced_item import UNREACHABLE
from agent.harness.journal.step import Step
from agent.harness.schema import StepKind
from agent.harness.tokens import Tokens

logger = logging.getLogger(__name__)


class Steps(Protocol):
    """A destination of steps: the attempt's journal, or a terminal."""

    def record_step(self, number: int, step: Step, *, retention_seconds: float) -> None:
        """Record one step. Numbers start at 1."""


class StepRecorder(HookProvider):
    """Records one step for each tool call and each model call, and reports the current call as the progress.

    Args:
        journal: The destination of the steps.
        retention_seconds: How long a step stays there.
        report_progress: Takes one short line.
        monotonic: Returns seconds of a clock that never goes back.

    Attributes:
        tokens: Tokens of all model calls so far.
    """

    def __init__(
        self,
        journal: Steps,
        *,
        retention_seconds: float,
        report_progress: Callable[[str], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._journal = journal
        self._retention_seconds = retention_seconds
        self._report_progress = report_progress
        self._monotonic = monotonic
        self._numbers = itertools.count(1)
        self._model_call_began = 0.0
        self._metrics_asked = 0
        self._cost_queries = 0
        self.tokens = Tokens()

    def register_hooks(self, registry: HookRegistry, **_: Any) -> None:
        """Subscribe to the start and the end of every call."""
        registry.add_callback(BeforeModelCallEvent, self._before_model_call)
        registry.add_callback(AfterModelCallEvent, self._after_model_call)
        registry.add_callback(BeforeToolCallEvent, self._before_tool_call)
        registry.add_callback(AfterToolCallEvent, self._after_tool_call)

    def record_start(self, line: str) -> None:
        """Record where the attempt starts from."""
        self._report_progress(line)
        self._record(Step(kind=StepKind.START, name=line, status="success", seconds=0.0))

    def count_metrics(self, count: int) -> None:
        """Count metrics that the current tool has asked CloudWatch for. Its step records them."""
        self._metrics_asked += count

    def count_cost_queries(self, count: int) -> None:
        """Count requests to Cost Explorer of the current tool. Its step records them."""
        self._cost_queries += count

    def _before_model_call(self, event: BeforeModelCallEvent) -> None:  # noqa: ARG002  # Strands passes it by name
        self._model_call_began = self._monotonic()
        self._report_progress("Thinking")

    def _after_model_call(self, event: AfterModelCallEvent) -> None:
        usage = event.stop_response.message.get("metadata", {}).get("usage") if event.stop_response else None
        tokens = Tokens.reported(usage) if usage else Tokens()
        self.tokens += tokens
        self._record(
            Step(
                kind=StepKind.MODEL,
                name=str(event.agent.model.get_config().get("model_id", type(event.agent.model).__name__)),
                status="error" if event.exception else "success",
                seconds=self._monotonic() - self._model_call_began,
                tokens=tokens,
                error=str(event.exception) if event.exception else None,
            )
        )

    def _before_tool_call(self, event: BeforeToolCallEvent) -> None:
        self._report_progress(f"Calling {event.tool_use['name']}")

    def _after_tool_call(self, event: AfterToolCallEvent) -> None:
        failed = event.result["status"] == "error"
        metrics_asked, self._metrics_asked = self._metrics_asked, 0
        cost_queries, self._cost_queries = self._cost_queries, 0
        self._record(
            Step(
                kind=StepKind.TOOL,
                name=event.tool_use["name"],
                status=event.result["status"],
                seconds=event.duration or 0.0,
                metrics_asked=metrics_asked,
                cost_queries=cost_queries,
                error=str(event.exception or event.result["content"]) if failed else None,
            )
        )

    def _record(self, step: Step) -> None:
        """Record a step. An unreachable journal must not end the work."""
        try:
            self._journal.record_step(next(self._numbers), step, retention_seconds=self._retention_seconds)
        except UNREACHABLE as error:
            logger.warning("Step %s of the run is missing from the journal: %s", step.name, error)
