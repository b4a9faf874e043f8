"""`python -m local run`: starts everything, requests a run, follows it, fetches its report, ends everything."""

import json
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from agent.harness.schema import Status
from local.commands import background, summary
from local.commands.console import Console
from local.commands.signals import Interrupted, Signals
from local.errors import ConfigurationError, LocalStackError
from local.runs import Run
from local.stack import LocalStack, Options

COMPLETED, ENDED_OTHERWISE, USAGE, NOT_STARTED, OVERDUE = 0, 1, 2, 3, 4

REPORT_KINDS = {"report.html": "html", "report.md": "markdown", "findings.json": "findings"}


@dataclass(frozen=True, kw_only=True)
class Request:
    """What the command line asks for.

    Attributes:
        stack: Which stack to deploy.
        prompt: What to ask of the agent; None fires the stack's first schedule.
        as_json: Whether stdout gets one JSON object, and nothing else.
        keep: Whether to go on until interrupted, once the run has ended.
        port: Of the emulated account; a free one when None.
        seconds: How long the run may take.
    """

    stack: str
    prompt: str | None
    as_json: bool
    keep: bool
    port: int | None
    seconds: float


class RunCommand:
    """One call of the command."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._console = Console(sys.stderr if request.as_json else sys.stdout)
        self._seconds: dict[str, float] = {}
        self._session_id: str | None = None
        self._status: int | None = None

    def execute(self, signals: Signals) -> int:
        """Does it all, and returns the exit status; problems become one line on stderr."""
        try:
            with LocalStack(Options(stack=self._request.stack, port=self._request.port)) as stack:
                self._tell(stack, *signals.result(background.call(lambda: self._carry_out(stack))))
                if self._request.keep:
                    self._invite(stack)
                    signals.result(background.call(threading.Event().wait))
        except ConfigurationError as error:
            self._fail(USAGE, str(error))
        except LocalStackError as error:
            self._fail(NOT_STARTED, str(error))
        except (BotoCoreError, ClientError) as error:
            self._fail(NOT_STARTED, f"The emulated account fails: {error}; the logs are in {shown(stack.logs)}")
        except TimeoutError as error:
            self._fail(OVERDUE, f"{error}; the logs are in {shown(stack.logs)}")
        except Interrupted as interruption:
            self._fail(interruption.status, f"Interrupted ({interruption}): everything is ended")
        assert self._status is not None
        return self._status

    def _carry_out(self, stack: LocalStack) -> tuple[Run, dict[str, Path]]:
        """Returns the run as it ended, and the files of its report."""
        self._prepare(stack)
        run = self._follow(stack)
        return run, stack.runs.fetch(run) if run.status == Status.COMPLETED else {}

    def _prepare(self, stack: LocalStack) -> None:
        # The program imports what it needs while the account starts, and the estate fills up while it is deployed.
        deployment = background.call(stack.deploy)
        account = stack.account()
        self._phase("start", f"emulated account at {account.endpoint}, IAM enforced; logs in {shown(stack.logs)}")
        functions = stack.fill_estate()
        self._phase("estate", f"{functions} sample functions with 14 days of use")
        resources = deployment.result().resources
        self._phase("deploy", f"stack {self._request.stack}: {len(resources)} resources")

    def _follow(self, stack: LocalStack) -> Run:
        """Requests the run and shows what happens to it, until it has ended."""
        prompt = self._request.prompt
        self._session_id = stack.runs.fire() if prompt is None else stack.runs.request(prompt)
        self._console.line(f"run     {self._session_id}, requested by {'an event' if prompt else 'the schedule'}")
        steps, before = 0, Run(session_id=self._session_id)
        for run in stack.runs.watch(self._session_id, seconds=self._request.seconds):
            for step in run.steps[steps:]:
                self._console.line(f"          {_step(step)}")
            steps = len(run.steps)
            if news := _news(before, run):
                self._console.line(f"        {news}")
            self._console.status(f"        {run.status}")
            before = run
        self._phase("run", f"the workflow has {run.execution_status}")
        return run

    def _phase(self, name: str, text: str) -> None:
        """Ends a phase, which began when the one before it ended."""
        self._seconds[name] = round(self._console.seconds - sum(self._seconds.values()), 2)
        self._console.line(f"{name:<7} {text}")

    def _tell(self, stack: LocalStack, run: Run, files: Mapping[str, Path]) -> None:
        self._status = COMPLETED if run.status == Status.COMPLETED else ENDED_OTHERWISE
        self._console.clear()
        if self._request.as_json:
            self._print_json(run.status, run.error, files, run.item)
        elif files:
            self._console.text("\n" + "\n".join(summary.lines(files)))
        else:
            self._console.text(f"\nThe run is {run.status}. {run.error or ''}\nThe logs are in {shown(stack.logs)}")

    def _print_json(
        self, status: str | None, error: str | None, files: Mapping[str, Path], item: Mapping[str, Any]
    ) -> None:
        document = {
            "session_id": self._session_id,
            "status": status,
            "error": error,
            "attempt": item.get("attempt"),
            "summary": item.get("summary"),
            "usage": item.get("usage"),
            "report": {kind: str(files[name]) for name, kind in REPORT_KINDS.items() if name in files},
            "seconds": self._seconds,
        }
        print(json.dumps(document, indent=2, default=int), flush=True)

    def _invite(self, stack: LocalStack) -> None:
        environment = stack.emulator.account.environment() | {
            "AWS_ENDPOINT_URL_BEDROCK_AGENTCORE": stack.data_plane.endpoint
        }
        self._console.text("\nThe stack goes on running, until Ctrl-C. To look at it from another terminal:\n")
        for name, value in environment.items():
            self._console.text(f"  export {name}={value}")

    def _fail(self, status: int, problem: str) -> None:
        self._console.clear()
        if self._status is not None:  # the run had ended, and only staying on was interrupted
            return
        self._status = status
        print(problem, file=sys.stderr)
        if self._request.as_json:
            self._print_json(None, problem, {}, {})


def _news(before: Run, run: Run) -> str:
    """Returns what has changed of the run's status, attempt and progress; nothing when nothing has."""
    changed = {name for name in ("status", "attempt", "progress") if run.item.get(name) != before.item.get(name)}
    attempt = f"attempt {run.item.get('attempt')}" if "attempt" in changed else ""
    progress = str(run.item.get("progress")) if "progress" in changed else ""
    return " · ".join(filter(None, [run.status, attempt, progress])) if changed else ""


def _step(step: Mapping[str, Any]) -> str:
    tokens = f", {step['input_tokens']}+{step['output_tokens']} tokens" if step.get("input_tokens") else ""
    failure = f" failed: {step.get('error_message', '')}" if step["status"] != "success" else ""
    return f"{step['step'].lower()} {step['name']} {float(step['seconds']):.2f} s{tokens}{failure}"


def shown(path: Path) -> Path:
    """Returns the path as people read it: from here, where that is shorter."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
