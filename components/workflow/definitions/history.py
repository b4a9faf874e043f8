"""The length of an execution's history, which Step Functions limits."""

from __future__ import annotations

# Quota of Step Functions: an execution that reaches it fails and cannot be redriven.
LIMIT_EVENTS = 25_000
# One round of the workflow's loop: Wait (2), CheckRun (5), EvaluateRun (2).
EVENTS_PER_LOOP = 9
# A round with a throttled start has twice as many: a Lambda task and another choice. Any round may be such a round.
# A round in which a waiting run loses its turn also has CheckLiveRuns (5), a choice (2) and JoinLiveRuns (5).
EVENTS_OF_LONGEST_LOOP = max(2 * EVENTS_PER_LOOP, EVENTS_PER_LOOP + 12)
# Without finished runs, the waits halve towards the expected end of an attempt and double after it, over 8 h at most.
# With them, each wait passes a fifth of the remaining ends of the last runs; after all of them, the waits double.
_SHORT_WAITS_PER_ATTEMPT = 40


def longest(*, workflow_deadline_seconds: int, poll_max_seconds: int, max_attempts: int) -> float:
    """Return an upper bound on the number of events in the history of the longest run."""
    loops = workflow_deadline_seconds / poll_max_seconds + _SHORT_WAITS_PER_ATTEMPT * max_attempts
    return loops * EVENTS_OF_LONGEST_LOOP
