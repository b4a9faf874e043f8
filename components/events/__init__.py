"""The event bus, the schedules that request runs, and the queues of undelivered events."""
