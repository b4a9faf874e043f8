"""How often the workflow polls a run, and how soon it sees the end: the real state machine with simulated runs."""
