"""The work of an attempt that has its lease, and the write that concludes the run."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from agent.harness.attempt.conclusion import Write
from agent.harness.attempt.deadline import Deadline
from agent.harness.attempt.lease import Lease
from agent.harness.attempt.stop import StopReason, StopSignal
from agent.harness.environment import HarnessSettings
from agent.harness.hooks import StepRecorder
from agent.harness.journal.expected_duration import ExpectedDuration
from agent.harness.journal.fenced_item import UNREACHABLE
from agent.harness.journal.journal import Journal
from agent.harness.model_calls import errors
from agent.harness.model_calls.retry import ModelRetry
from agent.harness.payload import StartPayload
from agent.harness.schema import ErrorType
from agent.harness.task import ModelUnavailableError, Outcome, Task, Work
from agent.harness.tokens import Tokens

logger = logging.getLogger(__name__)

_SECONDS_PER_DAY = 86_400


class LeasedWork:
    """The work of one attempt.

    Args:
        work: Gets a `Task`, and returns an `Outcome` or raises.
        payload: The run and the attempt.
        settings: The harness's settings.
        journal: The attempt's journal.
        expected_duration: Learns from a completed first attempt.
        lease: The attempt's lease.
        stop: The signal that stops the work.
        deadline: The deadline that the signal may be set for.
        seconds_so_far: Returns how many seconds ago the attempt began.

    Attributes:
        model_was_unavailable: Whether the run was handed back because of the model.
    """

    def __init__(
        self,
        work: Work,
        *,
        payload: StartPayload,
        settings: HarnessSettings,
        journal: Journal,
        expected_duration: ExpectedDuration,
        lease: Lease,
        stop: StopSignal,
        deadline: Deadline,
        seconds_so_far: Callable[[], float],
    ) -> None:
        self.model_was_unavailable = False
        self._counts: Mapping[str, int] = {}
        self._tokens: Callable[[], Tokens] = Tokens
        self._work = work
        self._payload = payload
        self._settings = settings
        self._journal = journal
        self._expected_duration = expected_duration
        self._lease = lease
        self._stop = stop
        self._deadline = deadline
        self._seconds_so_far = seconds_so_far

    @property
    def usage(self) -> Mapping[str, int]:
        """The tokens of the model calls so far, and the counts of the outcome. Work that failed has used tokens too."""
        return {**self._tokens().counts(), **self._counts}

    def do(self) -> Write:
        """Do the work; return the write that concludes the run."""
        recorder = StepRecorder(
            self._journal,
            retention_seconds=self._settings.journal_retention_days * _SECONDS_PER_DAY,
            report_progress=self._lease.report_progress,
        )
        self._tokens = lambda: recorder.tokens
        retry = ModelRetry(
            seconds=self._settings.model_retry_seconds,
            cancel_signal=self._stop.event,
            report_progress=self._lease.report_progress,
        )
        task = Task(
            session_id=self._payload.session_id,
            attempt=self._payload.attempt,
            prompt=self._payload.prompt,
            cancel_signal=self._stop.event,
            report_progress=self._lease.report_progress,
            record_start=recorder.record_start,
            hooks=[retry, recorder],
            settings=self._settings,
            count_metrics=recorder.count_metrics,
            count_cost_queries=recorder.count_cost_queries,
        )
        try:
            outcome = self._work(task)
        except Exception as error:  # noqa: BLE001  # any error of the work ends the run
            return self.write_without_outcome(errors.original(error))
        self._counts = outcome.usage
        return lambda: self._complete(outcome)

    def write_without_outcome(self, error: Exception) -> Write:
        """Return the write that concludes the run if the work has no outcome.

        Args:
            error: The error of the work. It counts only if the stop signal is not set.
        """
        match self._stop.reason:
            case StopReason.CANCELLED:
                return self._journal.cancel
            case StopReason.DEADLINE:
                message = (
                    f"Attempt {self._payload.attempt} reached its deadline after {self._seconds_so_far():.0f} s: "
                    f"ask for less work, or raise {self._deadline.setting}"
                )
                return lambda: self._journal.fail(ErrorType.DEADLINE_EXCEEDED, message)
            case StopReason.SHUTDOWN:
                return self._lease.release
            case StopReason.LEASE_LOST:
                logger.info("The run is left to the next attempt")
                return lambda: None
            case None if isinstance(error, ModelUnavailableError):
                logger.warning("The run is handed back because the model is unavailable: %s", error)
                self.model_was_unavailable = True
                model_error = str(error)
                return lambda: self._lease.release(model_error=model_error)
            case None:
                logger.error("The work failed", exc_info=error)
                return lambda: self._journal.fail(type(error).__name__, errors.described(error))

    def _complete(self, outcome: Outcome) -> None:
        self._journal.complete(
            report_uri=outcome.report_uri,
            report_sha256=outcome.report_sha256,
            summary=outcome.summary,
            usage=self.usage,
            changed=outcome.changed,
        )
        if self._payload.attempt == 1:  # a later attempt continues a conversation, so it does only a part of the work
            try:
                self._expected_duration.learn(self._seconds_so_far())
            except UNREACHABLE as error:
                logger.warning("The run's duration could not be saved for later runs: %s", error)
