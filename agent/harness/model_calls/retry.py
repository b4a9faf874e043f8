"""Repeats a model call that failed for a passing reason, while the heartbeat renews the lease."""

from __future__ import annotations

import asyncio
import logging
import random
import threading
import time
from collections.abc import Callable
from typing import Any

from strands.hooks import AfterModelCallEvent, HookProvider, HookRegistry

from agent.harness.model_calls import errors
from agent.harness.task import ModelUnavailableError, StoppedError

logger = logging.getLogger(__name__)

# Shares of the time for retries: of 180 s, the first pause is at most 2 s, and the longest 30 s.
_FIRST_PAUSE = 1 / 90
_LONGEST_PAUSE = 1 / 6
# It has no state. Processes that were restored from one snapshot would share the state of another generator.
_RANDOM = random.SystemRandom()


class ModelRetry(HookProvider):
    """A Strands hook that repeats a failed model call in place.

    The conversation stays as it is: Strands adds the answer of a call only when its stream is complete. The hook must
    be before a step recorder in the agent's list, because Strands calls the last one first after a call.

    Args:
        seconds: How long a call is repeated after its first error.
        cancel_signal: Ends a pause.
        report_progress: Takes one short line.
        monotonic: Returns seconds of a clock that never goes back.
    """

    def __init__(
        self,
        *,
        seconds: float,
        cancel_signal: threading.Event,
        report_progress: Callable[[str], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds = seconds
        self._cancel_signal = cancel_signal
        self._report_progress = report_progress
        self._monotonic = monotonic
        self._failing_since: float | None = None
        self._failures = 0

    def register_hooks(self, registry: HookRegistry, **_: Any) -> None:
        """Subscribe to the end of every model call."""
        registry.add_callback(AfterModelCallEvent, self._after_model_call)

    async def _after_model_call(self, event: AfterModelCallEvent) -> None:
        """Ask Strands to repeat a failed call.

        Raises:
            ModelUnavailableError: The model failed for the whole time.
            StoppedError: The cancel signal was set.
        """
        if event.exception is None:
            self._failing_since, self._failures = None, 0
            return
        if not errors.is_passing(event.exception):
            return
        now = self._monotonic()
        if self._failing_since is None:
            self._failing_since = now
        pause = self._next_pause()
        # An error instead of a return: Strands would repeat a throttled call, in pauses that nothing can end.
        if now + pause > self._failing_since + self._seconds:
            raise ModelUnavailableError(str(event.exception)) from event.exception
        logger.warning("The model call failed, repeating it in %.1f s: %s", pause, event.exception)
        self._report_progress(f"The model is unavailable: calling it again in {pause:.2g} s")
        if await asyncio.to_thread(self._cancel_signal.wait, pause):
            raise StoppedError("The run was stopped while its model was unavailable") from event.exception
        event.retry = True

    def _next_pause(self) -> float:
        longest = min(_FIRST_PAUSE * 2**self._failures, _LONGEST_PAUSE) * self._seconds
        self._failures += 1
        return _RANDOM.uniform(longest / 2, longest)
