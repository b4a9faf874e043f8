"""The lease of an attempt, and the heartbeat that renews it."""

from __future__ import annotations

import contextvars
import logging
import threading
from collections.abc import Callable

from agent.harness.attempt.conclusion import Conclusion, retry
from agent.harness.attempt.deadline import Deadline
from agent.harness.attempt.stop import StopReason, StopSignal
from agent.harness.environment import HarnessSettings
from agent.harness.journal.fenced_item import UNREACHABLE, FencedError
from agent.harness.journal.journal import CancelledBeforeStartError, Journal
from agent.harness.journal.visible_text import visible

logger = logging.getLogger(__name__)

_MAX_PROGRESS_CHARACTERS = 200


class Lease:
    """A lease that this attempt has taken.

    Args:
        journal: The attempt's journal.
        seconds: Duration of the lease after a renewal.
        begun_at: When the attempt began, in seconds of the monotonic clock.
        monotonic: Returns seconds of a clock that never goes back.

    Attributes:
        expected_end_at: Epoch seconds that the next renewal writes; None to keep what the journal has.
        expected_ends: When the run would end if it took as long as each of the last runs; None if that is not known.
        least_margin_seconds: The shortest time that was left of the lease at a renewal.
    """

    def __init__(self, journal: Journal, *, seconds: float, begun_at: float, monotonic: Callable[[], float]) -> None:
        self.expected_end_at: float | None = None
        self.expected_ends: str | None = None
        self.least_margin_seconds = seconds
        self._journal = journal
        self._seconds = seconds
        self._monotonic = monotonic
        self._progress: str | None = None
        self._renewed_at = begun_at
        # Held while renewing and while releasing: a released lease must not be renewed.
        self._lock = threading.Lock()
        self._is_released = False

    @classmethod
    def take(
        cls, journal: Journal, settings: HarnessSettings, *, begun_at: float, monotonic: Callable[[], float]
    ) -> Lease | None:
        """Take the lease; return None if the run was cancelled before, and end the run then.

        Args:
            journal: The attempt's journal.
            settings: The harness's settings.
            begun_at: When the attempt began, in seconds of the monotonic clock.
            monotonic: Returns seconds of a clock that never goes back.

        Raises:
            FencedError: The run does not belong to this process.
            botocore.exceptions.BotoCoreError: The journal was unreachable.
            botocore.exceptions.ClientError: The journal failed.
        """
        seconds, expected_seconds = settings.lease_seconds, settings.expected_seconds
        try:
            retry(
                lambda: journal.begin(lease_seconds=seconds, expected_seconds=expected_seconds),
                lease_seconds=seconds,
                monotonic=monotonic,
            )
        except CancelledBeforeStartError:
            retry(journal.cancel, lease_seconds=seconds, monotonic=monotonic)
            return None
        return cls(journal, seconds=seconds, begun_at=begun_at, monotonic=monotonic)

    def report_progress(self, line: str) -> None:
        """Keep a line for the next renewal. Never blocks."""
        self._progress = visible(line, meant="")[:_MAX_PROGRESS_CHARACTERS]

    def renew(self) -> bool:
        """Renew the lease, unless it was released.

        Returns:
            Whether somebody asked for the run to be cancelled.

        Raises:
            FencedError: The lease is lost.
            botocore.exceptions.BotoCoreError: The journal is unreachable.
            botocore.exceptions.ClientError: The journal failed.
        """
        with self._lock:
            if self._is_released:
                return False
            sent_at = self._monotonic()
            cancel_requested = self._journal.renew(
                lease_seconds=self._seconds,
                progress=self._progress,
                expected_end_at=self.expected_end_at,
                expected_ends=self.expected_ends,
            )
        margin = self._seconds - (sent_at - self._renewed_at)
        self.least_margin_seconds = min(self.least_margin_seconds, margin)
        self._renewed_at = sent_at
        return cancel_requested

    def has_expired(self) -> bool:
        """Return whether the last renewal is longer ago than the lease lasts."""
        return self._monotonic() - self._renewed_at >= self._seconds

    def release(self, *, model_error: str | None = None) -> None:
        """End the lease, so that the run is taken over at once. Nothing renews it any more, even if this fails.

        Args:
            model_error: The error of the model, if that is why.

        Raises:
            FencedError: The lease is lost.
            botocore.exceptions.BotoCoreError: The journal is unreachable.
            botocore.exceptions.ClientError: The journal failed.
        """
        with self._lock:
            self._is_released = True
            self._journal.release(model_error=model_error)


class Heartbeat:
    """A thread that renews the lease until the attempt is over, and stops work that must not go on.

    Args:
        lease: The lease.
        stop: Stops the work: on a cancellation, at the deadline, or when the lease is lost.
        conclusion: Ends the heartbeat.
        deadline: When the work must stop.
        seconds: Time between two renewals. Work that goes on for this long after the signal is unresponsive.
        on_unresponsive: Called at most once, when the work is unresponsive; the heartbeat ends then.
        monotonic: Returns seconds of a clock that never goes back.
    """

    def __init__(
        self,
        lease: Lease,
        *,
        stop: StopSignal,
        conclusion: Conclusion,
        deadline: Deadline,
        seconds: float,
        on_unresponsive: Callable[[], None],
        monotonic: Callable[[], float],
    ) -> None:
        self._lease = lease
        self._stop = stop
        self._conclusion = conclusion
        self._deadline = deadline
        self._seconds = seconds
        self._on_unresponsive = on_unresponsive
        self._monotonic = monotonic

    def start(self) -> None:
        """Start the thread, in a copy of the caller's context."""
        in_context = contextvars.copy_context().run
        threading.Thread(target=in_context, args=(self._beat,), name="heartbeat", daemon=True).start()

    def _beat(self) -> None:
        while not self._conclusion.wait(self._seconds_to_next_beat()):
            if self._monotonic() >= self._deadline.at:
                self._stop.set(StopReason.DEADLINE)
            if not self._keep_lease():
                self._stop.set(StopReason.LEASE_LOST)
                return
            if self._stop.is_older_than(self._seconds):
                self._on_unresponsive()
                return

    def _keep_lease(self) -> bool:
        """Try to renew the lease; return whether this attempt still has it."""
        try:
            if self._lease.renew():
                self._stop.set(StopReason.CANCELLED)
        except FencedError as fenced:
            logger.warning("%s", fenced)
            return False
        except UNREACHABLE as error:
            logger.warning("The lease was not renewed: %s", error)
            return not self._lease.has_expired()
        return True

    def _seconds_to_next_beat(self) -> float:
        to_deadline = self._deadline.at - self._monotonic()
        return min(self._seconds, to_deadline) if to_deadline > 0 else self._seconds
