"""Names of the workflow's states that metric filters and log queries look for."""

from enum import StrEnum


class Outcome(StrEnum):
    """The last state of the workflow: one for each way in which a run can end."""

    COMPLETED = "RunCompleted"
    CANCELLED = "RunCancelled"
    LOST = "RunLost"
    FAILED = "RunFailed"


TAKE_OVER = "TakeOver"
"""The state that increments the attempt number because the agent has stopped responding."""

CHECK_LIVE_RUNS = "CheckLiveRuns"
"""The state that counts the live runs again because their maximum was reached."""
