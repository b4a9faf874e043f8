"""One run in the background: lease, heartbeat, cancellation, deadline, conclusion."""

from __future__ import annotations

import contextvars
import json
import logging
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from agent.harness.environment import Settings
from agent.harness.journal import CancelledBeforeStartError, FencedError, Journal
from agent.harness.task import Outcome, Task, Work

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

logger = logging.getLogger(__name__)

# What an unreachable journal raises. A refused write is a FencedError instead.
_JOURNAL_ERRORS = (BotoCoreError, ClientError)


@dataclass(frozen=True, kw_only=True)
class Invocation:
    """What the workflow asked for.

    Attributes:
        session_id: The AgentCore session and the run's key.
        attempt: The fencing token.
        prompt: What is asked of the agent.
        deadline_at: Epoch seconds at which the workflow gives the run up.
    """

    session_id: str
    attempt: int
    prompt: str
    deadline_at: float


class StopReason(Enum):
    """Why the work was told to stop."""

    CANCELLED = "somebody asked for the run to be cancelled"
    DEADLINE = "the agent's deadline has passed"
    LEASE_LOST = "the lease is lost"
    SHUTDOWN = "the process was told to shut down"


class BackgroundRun:
    """One attempt at a run, from taking its lease to its conclusion.

    The work runs in the thread that calls `execute`. A second thread renews the lease; it sees cancellations and the
    deadline, tells the work to stop, and concludes in its place if the work does not listen.

    Args:
        invocation: What to do.
        work: Does it; given a `Task`, returns an `Outcome` or raises.
        settings: What the environment says.
        dynamodb: A DynamoDB client.
        ended: Called once, when the run needs this process no longer, however it ended.
        clock: Epoch seconds.
        monotonic: Seconds of a clock that never goes back.
    """

    def __init__(
        self,
        invocation: Invocation,
        *,
        work: Work,
        settings: Settings,
        dynamodb: Callable[[], DynamoDBClient],
        ended: Callable[[], None],
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.invocation = invocation
        self._work = work
        self._settings = settings
        self._dynamodb = dynamodb
        self._when_ended = ended
        self._clock = clock
        self._monotonic = monotonic
        # The request's: its session id belongs in the log lines of whoever ends this run.
        self._context = contextvars.copy_context()
        self._lock = threading.Lock()
        self._stop_signal = threading.Event()
        self._stop_reason: StopReason | None = None
        self._stopped_at = 0.0
        self._has_ended = False
        self._conclusion_lock = threading.Lock()
        self._has_lease = threading.Event()
        # Renewing and handing back exclude each other: a lease that was released must not be renewed.
        self._lease_lock = threading.Lock()
        self._is_handed_back = False
        self._concluded = threading.Event()
        self._usage: Mapping[str, int] = {}
        self._least_margin = settings.lease_seconds
        self._progress: str | None = None
        self._expected_end_at: float | None = None

    def execute(self) -> None:
        """Carry the run to its end. Never raises: whatever goes wrong is journalled, or logged where it cannot be."""
        try:
            self._begun_at = self._monotonic()
            # What the workflow's deadline leaves may be less: the agent itself should say why the run ended.
            left = self.invocation.deadline_at - self._clock() - self._settings.lease_seconds
            self._has_a_whole_attempt = left >= self._settings.deadline_seconds
            self._deadline = self._begun_at + min(self._settings.deadline_seconds, left)
            self._journal = Journal(
                self._dynamodb(),
                self._settings.journal_table,
                session_id=self.invocation.session_id,
                attempt=self.invocation.attempt,
                owner=uuid.uuid4().hex,
                clock=self._clock,
            )
            if self._begin():
                self._has_lease.set()
                in_context = contextvars.copy_context().run
                threading.Thread(target=in_context, args=(self._heartbeat,), name="heartbeat", daemon=True).start()
                self._expect_what_was_learned()
                self._conclude(self._carry_out())
        except FencedError as fenced:
            logger.warning("%s; this attempt leaves it alone", fenced)
        except Exception:
            # Nothing is lost: the lease expires, and the workflow takes the run over.
            logger.exception("The journal could not be told how attempt %d ended", self.invocation.attempt)
        finally:
            self._concluded.set()
            self._end()

    def stop(self, reason: StopReason) -> None:
        """Tell the work to stop. The first reason counts."""
        with self._lock:
            if self._stop_reason is None:
                logger.info("Stopping: %s", reason.value)
                self._stop_reason = reason
                self._stopped_at = self._monotonic()
                self._stop_signal.set()

    def hand_back(self) -> None:
        """Stop because the process must end, and release the lease, so that the run is taken over at once."""
        self._context.copy().run(self._hand_back)

    def _hand_back(self) -> None:
        self.stop(StopReason.SHUTDOWN)
        if not self._has_lease.is_set() or self._concluded.is_set():
            return
        with self._lease_lock:
            self._is_handed_back = True
            try:
                self._journal.release()
            except (FencedError, *_JOURNAL_ERRORS) as error:
                logger.warning("The lease could not be released, so it expires by itself: %s", error)

    def _begin(self) -> bool:
        """Take the lease; False when the run was cancelled first."""
        settings = self._settings
        try:
            self._insist(
                lambda: self._journal.begin(
                    lease_seconds=settings.lease_seconds, expected_seconds=settings.expected_seconds
                )
            )
        except CancelledBeforeStartError:
            self._insist(self._journal.cancel)
            return False
        return True

    def _expect_what_was_learned(self) -> None:
        """Correct the default expectation; the next heartbeat tells the workflow."""
        try:
            learned = self._journal.expected_seconds()
        except _JOURNAL_ERRORS as error:
            logger.warning("Expecting the default duration, because the learned one cannot be read: %s", error)
        else:
            if learned is not None:
                self._expected_end_at = self._clock() + learned

    def _carry_out(self) -> Callable[[], None]:
        """Do the work; return the write that concludes the run."""
        # Strands is imported here, in the background: the answer to the invocation does not wait for it.
        from agent.harness.hooks import StepRecorder

        recorder = StepRecorder(
            self._journal,
            retention_seconds=self._settings.journal_retention_seconds,
            report_progress=self._report_progress,
        )
        task = Task(
            session_id=self.invocation.session_id,
            attempt=self.invocation.attempt,
            prompt=self.invocation.prompt,
            cancel_signal=self._stop_signal,
            report_progress=self._report_progress,
            record_start=recorder.record_start,
            hooks=[recorder],
            settings=self._settings,
        )
        try:
            outcome = self._work(task)
        except Exception as error:  # noqa: BLE001  # whatever the work raises is the run's outcome
            return self._conclusion_without_outcome(error)
        self._usage = outcome.usage
        return lambda: self._complete(outcome)

    def _complete(self, outcome: Outcome) -> None:
        self._journal.complete(
            report_uri=outcome.report_uri,
            report_sha256=outcome.report_sha256,
            summary=outcome.summary,
            usage=outcome.usage,
            changed=outcome.changed,
        )
        if self.invocation.attempt == 1:  # a resumed run's duration says nothing about a whole one's
            try:
                self._journal.learn(self._monotonic() - self._begun_at)
            except _JOURNAL_ERRORS as error:
                logger.warning("The run's duration was not learned: %s", error)

    def _conclusion_without_outcome(self, error: Exception) -> Callable[[], None]:
        match self._stop_reason:
            case StopReason.CANCELLED:
                return self._journal.cancel
            case StopReason.DEADLINE:
                seconds = self._monotonic() - self._begun_at
                setting = "agentDeadlineSeconds" if self._has_a_whole_attempt else "workflowDeadlineSeconds"
                message = (
                    f"Attempt {self.invocation.attempt} was stopped by the agent's own deadline after {seconds:.0f} s: "
                    f"ask for less, or raise {setting}"
                )
                return lambda: self._journal.fail("DeadlineExceeded", message)
            case StopReason.SHUTDOWN:
                return self._journal.release
            case StopReason.LEASE_LOST:
                logger.info("Leaving the run to the next attempt")
                return lambda: None
            case None:
                logger.error("The work failed", exc_info=error)
                return lambda: self._journal.fail(type(error).__name__, str(error) or repr(error))

    def _conclude(self, write: Callable[[], None]) -> None:
        """Make the one write that ends the run; whoever comes second finds it made."""
        with self._conclusion_lock:
            if not self._concluded.is_set():
                self._insist(write)
                self._concluded.set()

    def _insist(self, write: Callable[[], None]) -> None:
        """Repeat a write until the journal takes or refuses it, for as long as one lease lasts."""
        until = self._monotonic() + self._settings.lease_seconds
        pause = 0.2
        while True:
            try:
                return write()
            except _JOURNAL_ERRORS as error:
                if self._monotonic() + pause > until:
                    raise
                logger.warning("The journal does not answer, trying again in %.1f s: %s", pause, error)
            time.sleep(pause)
            pause = min(pause * 2, 10.0)

    def _report_progress(self, line: str) -> None:
        self._progress = line[:200]

    def _heartbeat(self) -> None:
        """Renew the lease until the run is concluded; stop work that must not go on."""
        renewed_at = self._begun_at
        while not self._concluded.wait(self._seconds_to_next_beat()):
            if self._monotonic() >= self._deadline:
                self.stop(StopReason.DEADLINE)
            try:
                renewed_at = self._renew(renewed_at)
            except FencedError as fenced:
                logger.warning("%s", fenced)
                self.stop(StopReason.LEASE_LOST)
                return
            except _JOURNAL_ERRORS as error:
                logger.warning("The lease was not renewed: %s", error)
                if self._monotonic() - renewed_at >= self._settings.lease_seconds:
                    self.stop(StopReason.LEASE_LOST)
                    return
            if self._work_is_deaf():
                self._conclude_for_deaf_work()
                return

    def _renew(self, renewed_at: float) -> float:
        """Renew the lease, unless it was handed back; return when it was renewed last."""
        with self._lease_lock:
            if self._is_handed_back:
                return renewed_at
            sent_at = self._monotonic()
            cancel_requested = self._journal.renew(
                lease_seconds=self._settings.lease_seconds,
                progress=self._progress,
                expected_end_at=self._expected_end_at,
            )
        self._least_margin = min(self._least_margin, self._settings.lease_seconds - (sent_at - renewed_at))
        if cancel_requested:
            self.stop(StopReason.CANCELLED)
        return sent_at

    def _seconds_to_next_beat(self) -> float:
        to_deadline = self._deadline - self._monotonic()
        beat = self._settings.heartbeat_seconds
        return min(beat, to_deadline) if to_deadline > 0 else beat

    def _work_is_deaf(self) -> bool:
        """Whether the work was told to stop a heartbeat ago, and goes on."""
        waited = self._monotonic() - self._stopped_at
        return self._stop_signal.is_set() and waited >= self._settings.heartbeat_seconds

    def _conclude_for_deaf_work(self) -> None:
        logger.error("The work does not stop; the run is concluded without it")
        try:
            self._conclude(self._conclusion_without_outcome(TimeoutError("The work does not stop")))
        except (FencedError, *_JOURNAL_ERRORS) as error:
            logger.warning("The run was not concluded: %s", error)
        finally:
            self._end()

    def _end(self) -> None:
        with self._lock:
            first, self._has_ended = not self._has_ended, True
        if first:
            if self._has_lease.is_set():
                self._report_figures()
            self._when_ended()

    def _report_figures(self) -> None:
        """Print one line of JSON, which the filters of `components/observability/definitions/metrics.py` read."""
        figures = {
            "event": "attempt-ended",
            "sessionId": self.invocation.session_id,
            "attempt": self.invocation.attempt,
            "seconds": round(self._monotonic() - self._begun_at, 3),
            "input_tokens": self._usage.get("input_tokens", 0),
            "output_tokens": self._usage.get("output_tokens", 0),
            "lease_margin_seconds": round(self._least_margin, 3),
        }
        print(json.dumps(figures), flush=True)
