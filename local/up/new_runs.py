"""Prints runs and sessions that are new."""

from local.stack import LocalStack
from local.terminal.console import Console
from runs.cli.watching import Changes


class NewRuns:
    """Prints the runs of a stack from now on, and the processes of their agents.

    Args:
        stack: The deployed stack.
        console: Where to print.
    """

    def __init__(self, stack: LocalStack, console: Console) -> None:
        self._stack = stack
        self._console = console
        self._followed: dict[str, Changes] = {}
        self._ended: set[str] = set()
        self._sessions = 0

    def print(self) -> None:
        """Print what is new since the last call."""
        self._print_sessions()
        for session_id in self._stack.runs.session_ids():
            if session_id not in self._ended:
                self._print_run(session_id)

    def _print_sessions(self) -> None:
        records = self._stack.data_plane.sessions()
        for record in records[self._sessions :]:
            self._console.line(f"agent   {record.session_id} is process {record.pid}")
        self._sessions = len(records)

    def _print_run(self, session_id: str) -> None:
        run = self._stack.runs.read(session_id)
        if session_id not in self._followed:
            self._console.line(f"run     {session_id}")
            self._followed[session_id] = Changes()
        if run.run is not None:
            for _, line in self._followed[session_id].of(run.run, run.steps):
                self._console.line(f"        {line}")
        if run.has_ended:
            del self._followed[session_id]
            self._ended.add(session_id)
            self._console.line(f"run     {session_id} is {run.status}; workflow {run.execution_status}")
