"""Print what happens to a run: its status, its progress and its steps."""

from collections.abc import Mapping
from typing import Any

from agent.harness.schema import Attribute, StepAttribute
from agent.harness.tokens import Tokens
from local.commands.steps import step_line
from local.runs import Run
from local.terminal.console import Console

_NEWS = (Attribute.STATUS, Attribute.ATTEMPT, Attribute.PROGRESS)


class RunProgress:
    """Prints what is new each time a run is read.

    Args:
        console: The console to print to.
        session_id: The run's id.
    """

    def __init__(self, console: Console, session_id: str) -> None:
        self._console = console
        self._before = Run(session_id=session_id)

    def print(self, run: Run) -> None:
        """Print the steps, status, attempt and progress that are new."""
        for step in run.steps[len(self._before.steps) :]:
            self._console.line(f"          {_step_line(step)}")
        if news := _news(self._before, run):
            self._console.line(f"        {news}")
        self._before = run


def _news(before: Run, run: Run) -> str:
    """Return the status with the attempt or progress that changed. Return an empty text when nothing has changed."""
    changed = {name for name in _NEWS if run.item.get(name) != before.item.get(name)}
    attempt = f"attempt {run.item.get(Attribute.ATTEMPT)}" if Attribute.ATTEMPT in changed else ""
    progress = str(run.item.get(Attribute.PROGRESS)) if Attribute.PROGRESS in changed else ""
    return " · ".join(filter(None, [run.status, attempt, progress])) if changed else ""


def _step_line(step: Mapping[str, Any]) -> str:
    succeeded = step[StepAttribute.STATUS] == "success"
    return step_line(
        step[StepAttribute.KIND],
        step[StepAttribute.NAME],
        float(step[StepAttribute.SECONDS]),
        tokens=Tokens.counted(step),
        error=None if succeeded else step.get(StepAttribute.ERROR_MESSAGE, ""),
    )
