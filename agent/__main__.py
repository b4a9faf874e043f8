"""Start the agent. AgentCore runs this file as the bundle's `main.py`; locally it is `python -m agent`."""

import gc
import os
import sys

# What the start makes stays: looking for garbage in it takes a tenth of the start. `RestorableApp` ends the pause.
gc.disable()

from agent.analyst import environment
from agent.analyst.account.clients import SERVICES
from agent.analyst.analyse import analyse
from agent.harness.app import serve
from agent.harness.environment import SettingsError, read_with
from agent.harness.task import Outcome, Task

try:
    harness_settings, settings = read_with(os.environ, environment.read)
except SettingsError as error:
    sys.exit(str(error))


def work(task: Task) -> Outcome:
    """Do the work of one attempt with the analyst."""
    return analyse(task, settings=settings)


serve(work, harness_settings, aws_services=SERVICES)
