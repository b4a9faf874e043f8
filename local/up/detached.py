"""`python -m local up --detach`: start the stack in the background, and return when it can be used."""

import os
import signal
import subprocess
import sys
import time
from typing import IO

from local.processes import PROJECT, STATE
from local.terminal import background, streams
from local.terminal.console import Console, relative
from local.terminal.exit_status import ExitStatus
from local.terminal.signals import Interrupted, Signals
from local.up.stack_file import StackFile
from local.up.welcome import NEW_RUNS

LOG = STATE / "up.log"


class DetachedUpCommand:
    """One execution of the command.

    Args:
        stack: The stack's name, as in Pulumi.<stack>.yaml.
    """

    def __init__(self, stack: str) -> None:
        self._stack = stack
        self._console = Console(sys.stdout)

    def execute(self, signals: Signals) -> int:
        """Execute the command, and return the exit status. An error of the stack is on stderr."""
        file = StackFile(STATE)
        if file.is_held():
            streams.write(sys.stderr, f"{file.refusal()}\n")
            return ExitStatus.NOT_STARTED
        STATE.mkdir(exist_ok=True)
        with LOG.open("w") as log:
            stack = self._start(log)
        try:
            signals.result(background.call(lambda: _wait(file, stack)))
        except Interrupted as interruption:
            os.kill(stack.pid, signal.SIGTERM)
            stack.wait()
            return interruption.status
        if stack.poll() is not None:
            streams.write(sys.stderr, LOG.read_text())
            return stack.returncode
        self._console.text(LOG.read_text().partition(NEW_RUNS)[0].rstrip())
        self._console.text(
            f"\nThe stack stays in the background. New runs, with the agents' processes: {relative(LOG)}"
        )
        return ExitStatus.COMPLETED

    def _start(self, log: IO[str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "local", "up", "--stack", self._stack],
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _wait(file: StackFile, stack: subprocess.Popen[bytes]) -> None:
    """Wait until the stack can be used, or its process has ended."""
    while stack.poll() is None and not file.is_published_by(stack.pid):
        time.sleep(0.05)
