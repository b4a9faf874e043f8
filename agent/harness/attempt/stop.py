"""The signal that stops the work of an attempt, and its reason."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from enum import Enum

logger = logging.getLogger(__name__)


class StopReason(Enum):
    """Why the work must stop."""

    CANCELLED = "somebody asked for the run to be cancelled"
    DEADLINE = "the agent's deadline has passed"
    LEASE_LOST = "the lease is lost"
    SHUTDOWN = "the process shuts down"


class StopSignal:
    """A signal with the first reason that it was set for. Any thread may set it.

    Args:
        monotonic: Returns seconds of a clock that never goes back.

    Attributes:
        event: Set when the work must stop. The work sees this event only.
    """

    def __init__(self, *, monotonic: Callable[[], float]) -> None:
        self.event = threading.Event()
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._reason: StopReason | None = None
        self._set_at = 0.0

    @property
    def reason(self) -> StopReason | None:
        """The first reason; None before the signal is set."""
        return self._reason

    def set(self, reason: StopReason) -> None:
        """Set the signal. Only the first reason counts."""
        with self._lock:
            if self._reason is None:
                logger.info("Stopping: %s", reason.value)
                self._reason = reason
                self._set_at = self._monotonic()
                self.event.set()

    def is_older_than(self, seconds: float) -> bool:
        """Return whether the signal was set at least this many seconds ago."""
        return self.event.is_set() and self._monotonic() - self._set_at >= seconds
