"""`python -m local down`: end the stack that `up` keeps up, and wait until all its processes have ended."""

import os
import signal
import sys
import time

from local.processes import STATE
from local.terminal import background, streams
from local.terminal.console import Console
from local.terminal.exit_status import ExitStatus
from local.terminal.signals import Interrupted, Signals
from local.up.stack_file import StackFile

# Longer than the sessions, the emulated account and the watchdog have to end, one after another.
_END_SECONDS = 30


class DownCommand:
    """One execution of the command."""

    def execute(self, signals: Signals) -> int:
        """Execute the command, and return the exit status."""
        console, file = Console(sys.stdout), StackFile(STATE)
        if not file.is_held():
            console.text("No local stack is running")
            return ExitStatus.COMPLETED
        pid = file.pid()
        try:
            os.kill(pid, signal.SIGTERM)
        except ProcessLookupError:
            console.text("The stack was killed: its watchdog ends the other processes")
        try:
            signals.result(background.call(lambda: _wait(file)), seconds=_END_SECONDS)
        except TimeoutError:
            streams.write(sys.stderr, f"Process {pid} has not ended in {_END_SECONDS} s: end it with 'kill -9 {pid}'\n")
            return ExitStatus.TIMED_OUT
        except Interrupted as interruption:
            return interruption.status
        console.text("The local stack has ended")
        return ExitStatus.COMPLETED


def _wait(file: StackFile) -> None:
    while file.is_held():
        time.sleep(0.05)
