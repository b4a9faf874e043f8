"""What the events on a stack's bus are called: their source and their detail types."""

SOURCE = "agent-runs"
RUN_REQUESTED = "Agent Run Requested"
CANCELLATION_REQUESTED = "Agent Run Cancellation Requested"
RUN_ENDED = "Agent Run Ended"
