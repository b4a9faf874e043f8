"""The command line: `runs`."""
