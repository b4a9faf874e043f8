"""The report of a run: read from the stack's own bucket, and written to a folder."""
