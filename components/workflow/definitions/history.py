"""How long the history of an execution becomes, which Step Functions ends at a limit."""

from __future__ import annotations

# Quotas of Step Functions: an execution that comes this far fails, and cannot be redriven.
LIMIT_EVENTS = 25_000
# One round of the workflow's loop: Wait (2), CheckRun (5), EvaluateRun (2).
EVENTS_PER_LOOP = 9
# A round in which a start is throttled is twice as long: a Lambda task and another choice. Any round may be one.
_EVENTS_OF_LONGEST_LOOP = 2 * EVENTS_PER_LOOP
# The waits halve towards the expected end of an attempt and double beyond it, over 8 h at most.
_SHORT_WAITS_PER_ATTEMPT = 40


def longest(*, workflow_deadline_seconds: int, poll_max_seconds: int, max_attempts: int) -> float:
    """Events of the longest run, rather too many than too few."""
    loops = workflow_deadline_seconds / poll_max_seconds + _SHORT_WAITS_PER_ATTEMPT * max_attempts
    return loops * _EVENTS_OF_LONGEST_LOOP
