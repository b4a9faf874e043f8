"""The file that AgentCore starts, as the bundle's `main.py`; locally `python -m agent`."""

import os
import sys

from agent.analyst import environment
from agent.harness.app import serve
from agent.harness.environment import SettingsError
from agent.harness.task import Outcome, Task

try:
    settings = environment.read(os.environ)
except SettingsError as error:
    sys.exit(f"The agent cannot start: {error}")


def work(task: Task) -> Outcome:
    """Carry out one attempt with the analyst."""
    from agent.analyst.analyse import analyse

    return analyse(task, settings=settings)


serve(work)
