"""Lambda handlers that start and stop agent sessions: thin handlers over `sessions`."""
