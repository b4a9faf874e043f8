"""How often the workflow looks at a run, and how soon it sees the end: the real state machine with simulated runs."""
