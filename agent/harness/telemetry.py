"""Names in the telemetry of the agent and the functions. Metrics, alarms and the dashboard use the same names."""

from __future__ import annotations

from enum import StrEnum

from agent.harness.schema import StepAttribute

NAMESPACE = "AgentRuns"
"""CloudWatch namespace of the metrics."""


RUN_COST = "RunCost"
"""Metric of the stop function: what a run has cost, in USD."""


class StartOutcome(StrEnum):
    """Outcome of a start, with what the workflow does next."""

    ACCEPTED = "accepted"  # watch the run
    THROTTLED = "throttled"  # wait, then start again
    REJECTED = "rejected"  # fail the run: starting again would not help

    @property
    def metric(self) -> str:
        """Name of the metric that counts starts with this outcome."""
        return f"Starts{self.value.capitalize()}"


class AttemptEnded(StrEnum):
    """Members of the line of JSON that the agent prints at the end of each attempt."""

    EVENT = "event"
    SESSION_ID = "sessionId"
    ATTEMPT = "attempt"
    SECONDS = "seconds"
    INPUT_TOKENS = StepAttribute.INPUT_TOKENS.value
    OUTPUT_TOKENS = StepAttribute.OUTPUT_TOKENS.value
    CACHE_READ_TOKENS = StepAttribute.CACHE_READ_TOKENS.value
    CACHE_WRITE_TOKENS = StepAttribute.CACHE_WRITE_TOKENS.value
    MODEL_UNAVAILABLE = "model_unavailable"
    LEASE_MARGIN_SECONDS = "lease_margin_seconds"


ATTEMPT_ENDED = "attempt-ended"
"""Value of `event` in that line."""
