"""One attempt at a run, in the background: takes the lease, does the work and concludes the run."""

from __future__ import annotations

import contextvars
import functools
import json
import logging
import threading
import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

from agent.harness.attempt.conclusion import Conclusion
from agent.harness.attempt.deadline import Deadline
from agent.harness.attempt.lease import Heartbeat, Lease
from agent.harness.attempt.stop import StopReason, StopSignal
from agent.harness.attempt.work import LeasedWork
from agent.harness.environment import HarnessSettings
from agent.harness.journal.expected_duration import ExpectedDuration
from agent.harness.journal.fenced_item import UNREACHABLE, FencedError
from agent.harness.journal.journal import Journal
from agent.harness.payload import StartPayload
from agent.harness.task import Work
from agent.harness.telemetry import ATTEMPT_ENDED, AttemptEnded
from agent.harness.tokens import Tokens

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

logger = logging.getLogger(__name__)


class BackgroundRun:
    """One attempt at a run, from its lease to its conclusion.

    The work runs in the thread that calls `execute`. The heartbeat, a second thread, concludes the run if the work is
    unresponsive.

    Args:
        payload: The run and the attempt.
        work: Does the work: gets a `Task`, and returns an `Outcome` or raises.
        settings: The harness's settings.
        dynamodb: Returns a DynamoDB client.
        ended: Called once, when the run no longer needs this process, however it ended.
        clock: Returns epoch seconds.
        monotonic: Returns seconds of a clock that never goes back.
    """

    def __init__(
        self,
        payload: StartPayload,
        *,
        work: Work,
        settings: HarnessSettings,
        dynamodb: Callable[[], DynamoDBClient],
        ended: Callable[[], None],
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.payload = payload
        self._work = work
        self._settings = settings
        self._dynamodb = dynamodb
        self._when_ended = ended
        self._clock = clock
        self._monotonic = monotonic
        # The request's context carries the session id into the log lines of the thread that hands the run back.
        self._context = contextvars.copy_context()
        self._stop = StopSignal(monotonic=monotonic)
        self._conclusion = Conclusion(lease_seconds=settings.lease_seconds, monotonic=monotonic)
        self._lease: Lease | None = None
        self._leased_work: LeasedWork | None = None
        # The first thread to end the run acquires this lock and never releases it.
        self._end = threading.Lock()

    def execute(self) -> None:
        """Carry out the attempt. Never raises: errors go to the journal, or to the log if it is unreachable."""
        try:
            self._begun_at = self._monotonic()
            deadline = Deadline.of(
                self._settings,
                workflow_seconds=self.payload.deadline_at - self._clock(),
                begun_at=self._begun_at,
            )
            client = self._dynamodb()
            journal = Journal(
                client,
                self._settings.journal_table,
                session_id=self.payload.session_id,
                attempt=self.payload.attempt,
                owner=uuid.uuid4().hex,
                clock=self._clock,
            )
            lease = Lease.take(journal, self._settings, begun_at=self._begun_at, monotonic=self._monotonic)
            if lease is not None:
                self._lease = lease
                expected_duration = ExpectedDuration(client, self._settings.journal_table)
                self._leased_work = work = LeasedWork(
                    self._work,
                    payload=self.payload,
                    settings=self._settings,
                    journal=journal,
                    expected_duration=expected_duration,
                    lease=lease,
                    stop=self._stop,
                    deadline=deadline,
                    seconds_so_far=self._seconds_so_far,
                )
                self._start_heartbeat(lease, work, deadline)
                self._load(expected_duration, lease)
                self._conclusion.write_once(work.do())
        except FencedError as fenced:
            logger.warning("%s; this attempt does not touch it", fenced)
        except Exception:
            # Nothing is lost: the lease expires, and the workflow takes over the run.
            logger.exception("The end of attempt %d could not be written to the journal", self.payload.attempt)
        finally:
            self._conclusion.give_up()
            self._end_once()

    def stop(self, reason: StopReason) -> None:
        """Signal the work to stop. Only the first reason counts."""
        self._stop.set(reason)

    def hand_back(self) -> None:
        """Stop because the process shuts down, and release the lease, so that the run is taken over at once."""
        self._context.copy().run(self._hand_back)

    def _hand_back(self) -> None:
        self.stop(StopReason.SHUTDOWN)
        # Without a lease there is nothing to release yet: work that begins later sees the signal and releases it.
        if self._lease is None or self._conclusion.is_over:
            return
        try:
            self._lease.release()
        except (FencedError, *UNREACHABLE) as error:
            logger.warning("The lease could not be released and will expire: %s", error)

    def _start_heartbeat(self, lease: Lease, work: LeasedWork, deadline: Deadline) -> None:
        Heartbeat(
            lease,
            stop=self._stop,
            conclusion=self._conclusion,
            deadline=deadline,
            seconds=self._settings.heartbeat_seconds,
            on_unresponsive=functools.partial(self._conclude_without, work),
            monotonic=self._monotonic,
        ).start()

    def _load(self, expected_duration: ExpectedDuration, lease: Lease) -> None:
        """Replace the default expected duration with that of finished runs; the next heartbeat writes it."""
        try:
            expected = expected_duration.load()
        except UNREACHABLE as error:
            logger.warning("Using the default duration, because the expected duration cannot be read: %s", error)
        else:
            if expected is not None:
                begun_at = self._clock() - self._seconds_so_far()
                lease.expected_end_at = begun_at + expected.seconds
                lease.expected_ends = expected.ends(begun_at)

    def _conclude_without(self, work: LeasedWork) -> None:
        """Conclude the run although the work goes on."""
        logger.error("The work is unresponsive; the run is concluded without it")
        try:
            self._conclusion.write_once(work.write_without_outcome(TimeoutError("The work is unresponsive")))
        except (FencedError, *UNREACHABLE) as error:
            logger.warning("The run was not concluded: %s", error)
        finally:
            self._end_once()

    def _end_once(self) -> None:
        if self._end.acquire(blocking=False):
            if self._lease is not None:
                self._print_attempt_ended(self._lease)
            self._when_ended()

    def _print_attempt_ended(self, lease: Lease) -> None:
        """Print one line of JSON. The metric filters of `components/observability/definitions/metrics.py` read it."""
        work = self._leased_work
        usage = work.usage if work is not None else {}
        line = {
            AttemptEnded.EVENT: ATTEMPT_ENDED,
            AttemptEnded.SESSION_ID: self.payload.session_id,
            AttemptEnded.ATTEMPT: self.payload.attempt,
            AttemptEnded.SECONDS: round(self._seconds_so_far(), 3),
            **Tokens.counted(usage).counts(),
            AttemptEnded.MODEL_UNAVAILABLE: int(work is not None and work.model_was_unavailable),
            AttemptEnded.LEASE_MARGIN_SECONDS: round(lease.least_margin_seconds, 3),
        }
        print(json.dumps(line), flush=True)

    def _seconds_so_far(self) -> float:
        return self._monotonic() - self._begun_at
