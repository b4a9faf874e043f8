"""What a schedule and its watch share: the delivery of their events."""

from __future__ import annotations

import pulumi_aws as aws

# A request that could not be delivered for an hour is out of date: it becomes a dead letter. The age is the limit, so
# the number of attempts is the highest that AWS accepts.
MAX_EVENT_AGE_SECONDS = 3_600
MAX_ATTEMPTS = 185


def retry_policy() -> aws.scheduler.ScheduleTargetRetryPolicyArgs:
    """Return how long and how often a schedule tries to deliver its event."""
    return aws.scheduler.ScheduleTargetRetryPolicyArgs(
        maximum_event_age_in_seconds=MAX_EVENT_AGE_SECONDS, maximum_retry_attempts=MAX_ATTEMPTS
    )
