"""The journal of one attempt: fenced writes to the run's item, steps, and the expected duration."""
