"""The state machines that carry a run from its event to its outcome, and that watch the schedules."""
