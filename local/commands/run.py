"""`python -m local run`: deploy a stack into an emulated account, request a run, follow it and fetch its report."""

import json
import sys
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from agent.harness.schema import Attribute, Status
from local.commands import summary
from local.commands.deploying import Phases, deploy
from local.commands.failures import explain
from local.commands.following import Following
from local.commands.run_request import Request
from local.runs import WorkflowRun
from local.stack import LocalStack
from local.terminal import background, streams
from local.terminal.console import Console, relative
from local.terminal.exit_status import ExitStatus
from local.terminal.signals import Interrupted, Signals
from local.terminal.streams import OutputError
from runs.cli.screen import Screen
from runs.journal.bill import model_bill

_HEEDED = "The scripted model heeds only names of functions and of issues (such as memory-excess) in a prompt."


class RunCommand:
    """One execution of the command."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._console = Console(sys.stderr if request.as_json else sys.stdout)
        self._phases = Phases(self._console)
        self._following = Following(Screen(stream=sys.stderr if request.as_json else sys.stdout))
        self._session_id: str | None = None
        self._status: ExitStatus | int | None = None

    def execute(self, signals: Signals) -> int:
        """Execute the command, and return the exit status. An error becomes one line on stderr."""
        stack: LocalStack | None = None
        try:
            stack = LocalStack(signals.result(background.call(self._request.checked_options)))
            with stack:
                self._use(stack, signals)
        except OutputError:
            raise
        except (Exception, Interrupted) as error:  # noqa: BLE001 (no error ends in a traceback on the terminal)
            self._fail(*explain(error, stack))
        assert self._status is not None
        return self._status

    def _use(self, stack: LocalStack, signals: Signals) -> None:
        try:
            self._print(stack, *signals.result(background.call(lambda: self._complete_run(stack))))
        except Interrupted as interruption:
            self._following.stop()
            self._console.text(f"Stopping all processes ({interruption})")  # they may need some seconds
            raise

    def _complete_run(self, stack: LocalStack) -> tuple[WorkflowRun, dict[str, Path]]:
        """Deploy, request a run, and return the ended run with the files of its report."""
        deploy(stack, self._phases)
        run = self._follow(stack)
        return run, stack.runs.fetch(run) if run.status == Status.COMPLETED else {}

    def _follow(self, stack: LocalStack) -> WorkflowRun:
        """Request a run, and show it until its workflow has ended."""
        prompt = self._request.prompt
        self._session_id = stack.runs.fire() if prompt is None else stack.runs.request(prompt)
        self._console.line(f"run     {self._session_id}, requested by {'an event' if prompt else 'a schedule'}")
        if prompt is not None:
            self._console.line(f"        {_HEEDED}")
        self._following.show(stack.runs.place, self._session_id, seconds=self._request.seconds)
        run = stack.runs.wait(self._session_id, seconds=self._request.seconds)
        self._phases.end("run", f"workflow {run.execution_status}")
        return run

    def _print(self, stack: LocalStack, run: WorkflowRun, files: Mapping[str, Path]) -> None:
        self._status = ExitStatus.COMPLETED if run.status == Status.COMPLETED else ExitStatus.FAILED
        if self._request.as_json:
            self._print_json(run.status, run.error, files, run.item)
        elif files:
            self._console.text("\n" + "\n".join(summary.lines(files, (run.run and run.run.summary) or "")))
            self._console.text(summary.model_cost(model_bill(run.steps)))
        else:
            self._console.text(f"\nThe run is {run.status}: {run.error or 'no error'}\nLogs: {relative(stack.logs)}")

    def _print_json(
        self, status: str | None, error: str | None, files: Mapping[str, Path], item: Mapping[str, Any]
    ) -> None:
        document = {
            "session_id": self._session_id,
            "status": status,
            "error": error,
            "attempt": item.get(Attribute.ATTEMPT),
            "summary": item.get(Attribute.SUMMARY),
            "usage": item.get(Attribute.USAGE),
            "report": summary.report_paths(files),
            "seconds": self._phases.seconds,
        }
        streams.write(sys.stdout, f"{json.dumps(document, indent=2, default=_plain)}\n")

    def _fail(self, status: int, problem: str) -> None:
        has_result = self._status is not None
        self._status = status
        streams.write(sys.stderr, f"{problem}\n")
        if self._request.as_json and not has_result:
            self._print_json(None, problem, {}, {})


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, Decimal) else str(value)
