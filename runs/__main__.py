"""`python -m runs`, and what the launcher `runs` starts."""

import io
import sys

from runs.cli.main import app

# The help has signs that an ASCII terminal cannot show.
if isinstance(sys.stdout, io.TextIOWrapper):
    sys.stdout.reconfigure(errors="replace")
app(prog_name="runs")
