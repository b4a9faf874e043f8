"""One attempt at a run: its lease, its stop signal, its deadline and its conclusion."""
