"""The sources and the detail types of the events on a stack's bus."""

SOURCE = "agent-runs"
SCHEDULE_SOURCE = f"{SOURCE}.schedule"
SCHEDULE_REQUESTER = "schedule "
"""How the `requested_by` of a schedule's runs begins. The schedule's name follows."""
RUN_REQUESTED = "Agent Run Requested"
CANCELLATION_REQUESTED = "Agent Run Cancellation Requested"
RUN_ENDED = "Agent Run Ended"


def schedule_requester(name: str) -> str:
    """Return the `requested_by` of the runs of a schedule, by the schedule's name."""
    return f"{SCHEDULE_REQUESTER}{name}"
