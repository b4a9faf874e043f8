"""Lambda handlers that start and stop agent sessions: each a thin handler over `sessions`."""
