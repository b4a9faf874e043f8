"""`python -m runs`, and what the launcher `runs` starts."""

from runs.cli.main import app

app(prog_name="runs")
