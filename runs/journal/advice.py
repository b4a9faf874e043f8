"""What to do about a run that has not completed."""

from __future__ import annotations

from collections.abc import Mapping

from agent.harness.schema import ErrorType, Status
from runs.journal.run import Run

_ADVICE: Mapping[str, str] = {
    ErrorType.AGENT_LOST: "Look at the last step of each attempt and at the agent's logs.",
    ErrorType.MODEL_UNAVAILABLE: "Check the quotas of the model in Amazon Bedrock and the access to it, then retry.",
    ErrorType.DEADLINE_EXCEEDED: "Look at the steps that took longest. Ask for less, or raise the stack's deadlines.",
    ErrorType.INVALID_REQUEST: "Correct the detail of the event that requested the run. A retry would fail too.",
    ErrorType.TOO_MANY_RUNS: "The maximum number of runs was live. Retry later, or raise maxLiveRuns.",
    ErrorType.SCHEDULE_OVERLAP: "The schedule's last run had not ended. If this happens often, run it less often.",
}


def advice(run: Run) -> str | None:
    """Return what to do; None for a run without a problem."""
    if run.status == Status.FAILED or (run.status == Status.CANCELLED and run.error_type):
        return _ADVICE.get(run.error_type or "", "Look at its last steps and logs.")
    return None
