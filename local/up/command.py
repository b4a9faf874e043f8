"""`python -m local up`: keep a stack up until somebody ends it."""

import sys
import time
from datetime import UTC, datetime

from local.commands.deploying import Phases, deploy
from local.commands.failures import explain
from local.commands.run_request import checked_options
from local.processes import STATE
from local.schedules.firing import Schedules
from local.stack import LocalStack
from local.terminal import background, streams
from local.terminal.console import Console
from local.terminal.exit_status import ExitStatus
from local.terminal.signals import Interrupted, Signals
from local.terminal.streams import OutputError
from local.up import welcome
from local.up.new_runs import NewRuns
from local.up.stack_file import StackFile

_EVERY_SECONDS = 0.3


class UpCommand:
    """One execution of the command.

    Args:
        stack: The stack's name, as in Pulumi.<stack>.yaml.
    """

    def __init__(self, stack: str) -> None:
        self._stack = stack
        self._console = Console(sys.stdout)
        self._file = StackFile(STATE)
        self._is_up = False

    def execute(self, signals: Signals) -> int:
        """Execute the command, and return the exit status. An error becomes one line on stderr."""
        stack: LocalStack | None = None
        try:
            self._file.claim()
            stack = LocalStack(signals.result(background.call(lambda: checked_options(self._stack))))
            with stack:
                try:
                    self._keep(stack, signals)
                finally:
                    self._file.withdraw()
        except OutputError:
            raise
        except (Exception, Interrupted) as error:  # noqa: BLE001 (no error ends in a traceback on the terminal)
            if self._is_up and isinstance(error, Interrupted):
                self._console.text("All processes are stopped")
                return ExitStatus.COMPLETED
            status, problem = explain(error, stack)
            streams.write(sys.stderr, f"{problem}\n")
            return status
        raise AssertionError("a stack stays until it is interrupted")

    def _keep(self, stack: LocalStack, signals: Signals) -> None:
        try:
            signals.result(background.call(lambda: deploy(stack, Phases(self._console))))
            schedules = Schedules(stack.account())
            welcome.show(stack, schedules.read(), self._console)
            self._file.publish(
                outputs=stack.outputs, environment=stack.environment(), stack=stack.options.stack, logs=stack.logs
            )
            self._is_up = True
            self._console.text(f"\n{welcome.NEW_RUNS}\n")
            signals.result(background.call(lambda: self._follow(stack, schedules)))
        except Interrupted as interruption:
            self._console.text(f"Stopping all processes ({interruption})")  # they may need some seconds
            raise

    def _follow(self, stack: LocalStack, schedules: Schedules) -> None:
        """Fire the schedules, and print new runs and their agents. Never return."""
        news = NewRuns(stack, self._console)
        while True:
            for fired in schedules.fire_due(datetime.now(UTC)):
                self._console.line(f"fired   {fired.name}, {fired.expression}")
            news.print()
            time.sleep(_EVERY_SECONDS)
