"""`python -m local run`: deploy a stack into an emulated account, request a run, follow it and fetch its report."""

import json
import sys
import traceback
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from agent.harness.schema import Attribute, Status
from costs import models
from local.commands import kept_stack, summary
from local.commands.exit_status import ExitStatus
from local.commands.progress import RunProgress
from local.commands.run_request import Request
from local.commands.steps import one_line
from local.errors import ConfigurationError, LocalStackError
from local.runs import Run
from local.stack import LocalStack
from local.terminal import background, streams
from local.terminal.console import Console, relative
from local.terminal.signals import Interrupted, Signals
from local.terminal.streams import OutputError

# The functions of the stack itself are in the account that the agent analyses.
_FUNCTION_TYPE = "aws:lambda/function:Function::"


class RunCommand:
    """One execution of the command."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._console = Console(sys.stderr if request.as_json else sys.stdout)
        self._seconds: dict[str, float] = {}
        self._session_id: str | None = None
        self._status: ExitStatus | int | None = None

    def execute(self, signals: Signals) -> int:
        """Execute the command, and return the exit status. An error becomes one line on stderr."""
        stack: LocalStack | None = None
        try:
            stack = LocalStack(self._request.checked_options())
            with stack:
                self._use(stack, signals)
        except ConfigurationError as error:
            self._fail(ExitStatus.USAGE, str(error))
        except LocalStackError as error:
            self._fail(ExitStatus.NOT_STARTED, str(error))
        except TimeoutError as error:
            self._fail(ExitStatus.TIMED_OUT, f"{error}: give it more --seconds, or read {_logs(stack)}")
        except Interrupted as interruption:
            self._fail(interruption.status, f"Interrupted ({interruption}): all processes are stopped")
        except OutputError:
            raise
        except (BotoCoreError, ClientError) as error:
            self._fail(ExitStatus.NOT_STARTED, f"The emulated account failed ({error}): read {_logs(stack)}")
        except Exception as error:  # noqa: BLE001 (no error ends in a traceback on the terminal)
            self._fail(ExitStatus.NOT_STARTED, _unexpected(error, stack))
        assert self._status is not None
        return self._status

    def _use(self, stack: LocalStack, signals: Signals) -> None:
        """Complete a run, and then keep the stack when that is asked for."""
        try:
            self._print(stack, *signals.result(background.call(lambda: self._complete_run(stack))))
            if self._request.keep:
                kept_stack.describe(stack, self._console)
                signals.result(background.call(lambda: kept_stack.follow_new_runs(stack.runs, self._console)))
        except Interrupted as interruption:
            self._console.clear()
            self._console.text(f"Stopping all processes ({interruption})")  # they may need some seconds
            raise

    def _complete_run(self, stack: LocalStack) -> tuple[Run, dict[str, Path]]:
        """Deploy, request a run, and return the ended run with the files of its report."""
        self._prepare(stack)
        run = self._follow(stack)
        return run, stack.runs.fetch(run) if run.status == Status.COMPLETED else {}

    def _prepare(self, stack: LocalStack) -> None:
        # In parallel: the program imports its modules while the account starts, and deploys while the estate is filled.
        deployment = background.call(stack.deploy)
        account = stack.account()
        self._phase("start", f"emulated account at {account.endpoint}, IAM enforced; logs in {relative(stack.logs)}")
        functions = stack.fill_estate()
        self._phase("estate", f"{functions} sample functions with 14 days of metrics")
        resources = deployment.result().resources
        own = sum(_FUNCTION_TYPE in urn for urn in resources)
        self._phase(
            "deploy",
            f"stack {self._request.stack}: {len(resources)} resources; its own {own} functions are analysed too",
        )

    def _follow(self, stack: LocalStack) -> Run:
        """Request a run, and print its status and steps until it has ended."""
        prompt = self._request.prompt
        self._session_id = stack.runs.fire() if prompt is None else stack.runs.request(prompt)
        self._console.line(f"run     {self._session_id}, requested by {'an event' if prompt else 'a schedule'}")
        progress = RunProgress(self._console, self._session_id)
        for run in stack.runs.watch(self._session_id, seconds=self._request.seconds):
            progress.print(run)
            self._console.status(f"        {run.status}")
        self._phase("run", f"workflow {run.execution_status}")
        return run

    def _phase(self, name: str, text: str) -> None:
        """Print the end of a phase, and keep its duration. A phase starts when the one before it ends."""
        self._seconds[name] = round(self._console.seconds - sum(self._seconds.values()), 2)
        self._console.line(f"{name:<7} {text}")

    def _print(self, stack: LocalStack, run: Run, files: Mapping[str, Path]) -> None:
        self._status = ExitStatus.COMPLETED if run.status == Status.COMPLETED else ExitStatus.FAILED
        self._console.clear()
        if self._request.as_json:
            kept = kept_stack.document(stack) if self._request.keep else None
            self._print_json(run.status, run.error, files, run.item, kept)
        elif files:
            self._console.text("\n" + "\n".join(summary.lines(files, str(run.item.get(Attribute.SUMMARY, "")))))
            self._console.text(summary.model_cost(models.bill(run.steps)))
        else:
            self._console.text(f"\nThe run is {run.status}: {run.error or 'no error'}\nLogs: {relative(stack.logs)}")

    def _print_json(
        self,
        status: str | None,
        error: str | None,
        files: Mapping[str, Path],
        item: Mapping[str, Any],
        kept: Mapping[str, Any] | None = None,
    ) -> None:
        document = {
            "session_id": self._session_id,
            "status": status,
            "error": error,
            "attempt": item.get(Attribute.ATTEMPT),
            "summary": item.get(Attribute.SUMMARY),
            "usage": item.get(Attribute.USAGE),
            "report": summary.report_paths(files),
            "seconds": self._seconds,
            "stack": kept,
        }
        streams.write(sys.stdout, f"{json.dumps(document, indent=2, default=_plain)}\n")

    def _fail(self, status: int, problem: str) -> None:
        self._console.clear()
        has_result = self._status is not None
        if has_result and status > 128:  # the run has ended, and a signal stopped the kept stack
            return
        self._status = status
        streams.write(sys.stderr, f"{problem}\n")
        if self._request.as_json and not has_result:
            self._print_json(None, problem, {}, {})


def _logs(stack: LocalStack | None) -> Path | None:
    return relative(stack.logs) if stack else None


def _unexpected(error: Exception, stack: LocalStack | None) -> str:
    """Write the trace of an unexpected error to a file, and return one line about it."""
    text = f"The command failed ({one_line(repr(error))})"
    if stack is None:
        return f"{text}: nothing was started"
    log = stack.logs / "error.log"
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    except OSError as problem:
        return f"{text}, and its logs cannot be written ({problem}): make {relative(log.parent)} writable"
    return f"{text}: read {relative(log)}"


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, Decimal) else str(value)
