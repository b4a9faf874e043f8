"""The event bus, the schedules that request runs, and what happens to events that cannot be delivered."""
