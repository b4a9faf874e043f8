"""`python -m local run`: deploy a stack into an emulated account, request a run, follow it and fetch its report."""

import json
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from agent.harness.schema import Attribute, Status, StepAttribute
from local.commands import background, summary
from local.commands.console import Console, relative
from local.commands.exit_status import ExitStatus
from local.commands.signals import Interrupted, Signals
from local.commands.steps import step_line
from local.errors import ConfigurationError, LocalStackError
from local.runs import Run
from local.stack import LocalStack, Options

_NEWS = (Attribute.STATUS, Attribute.ATTEMPT, Attribute.PROGRESS)


@dataclass(frozen=True, kw_only=True)
class Request:
    """Arguments of the command.

    Attributes:
        stack: The stack to deploy.
        prompt: The prompt of the run; None fires the stack's first schedule.
        as_json: Whether to print one JSON object to stdout, and progress to stderr.
        keep: Whether to keep the stack running after the run, until a signal arrives.
        port: Port of the emulated account; a free port when None.
        seconds: Time for the run to end.
    """

    stack: str
    prompt: str | None
    as_json: bool
    keep: bool
    port: int | None
    seconds: float


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
        try:
            with LocalStack(Options(stack=self._request.stack, port=self._request.port)) as stack:
                self._print(stack, *signals.result(background.call(lambda: self._complete_run(stack))))
                if self._request.keep:
                    self._print_environment(stack)
                    signals.result(background.call(threading.Event().wait))
        except ConfigurationError as error:
            self._fail(ExitStatus.USAGE, str(error))
        except LocalStackError as error:
            self._fail(ExitStatus.NOT_STARTED, str(error))
        except (BotoCoreError, ClientError) as error:
            self._fail(ExitStatus.NOT_STARTED, f"The emulated account failed ({error}): read {relative(stack.logs)}")
        except TimeoutError as error:
            self._fail(ExitStatus.TIMED_OUT, f"{error}: give it more --seconds, or read {relative(stack.logs)}")
        except Interrupted as interruption:
            self._fail(interruption.status, f"Interrupted ({interruption}): all processes are stopped")
        assert self._status is not None
        return self._status

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
        self._phase("deploy", f"stack {self._request.stack}: {len(resources)} resources")

    def _follow(self, stack: LocalStack) -> Run:
        """Request a run, and print its status and steps until it has ended."""
        prompt = self._request.prompt
        self._session_id = stack.runs.fire() if prompt is None else stack.runs.request(prompt)
        self._console.line(f"run     {self._session_id}, requested by {'an event' if prompt else 'a schedule'}")
        steps, before = 0, Run(session_id=self._session_id)
        for run in stack.runs.watch(self._session_id, seconds=self._request.seconds):
            for step in run.steps[steps:]:
                self._console.line(f"          {_step_line(step)}")
            steps = len(run.steps)
            if news := _news(before, run):
                self._console.line(f"        {news}")
            self._console.status(f"        {run.status}")
            before = run
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
            self._print_json(run.status, run.error, files, run.item)
        elif files:
            self._console.text("\n" + "\n".join(summary.lines(files)))
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
            "seconds": self._seconds,
        }
        print(json.dumps(document, indent=2, default=int), flush=True)

    def _print_environment(self, stack: LocalStack) -> None:
        environment = stack.emulator.account.environment() | {
            "AWS_ENDPOINT_URL_BEDROCK_AGENTCORE": stack.data_plane.endpoint
        }
        self._console.text("\nThe stack runs until Ctrl-C. To use it from another terminal:\n")
        for name, value in environment.items():
            self._console.text(f"  export {name}={value}")

    def _fail(self, status: int, problem: str) -> None:
        self._console.clear()
        if self._status is not None:  # the run has ended, and a signal stopped the kept stack
            return
        self._status = status
        print(problem, file=sys.stderr)
        if self._request.as_json:
            self._print_json(None, problem, {}, {})


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
        input_tokens=int(step.get(StepAttribute.INPUT_TOKENS, 0)),
        output_tokens=int(step.get(StepAttribute.OUTPUT_TOKENS, 0)),
        error=None if succeeded else step.get(StepAttribute.ERROR_MESSAGE, ""),
    )
