"""The state machines: one takes a run from its event to its outcome, one cancels runs, one watches schedules."""
