"""`python -m local analyse --live`: the analyst as a one-shot against a real account, to which it never writes."""

import json
import os
import shutil
import sys
import threading
import traceback
from concurrent import futures
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from agent.analyst.environment import AnalystSettings
from agent.harness.environment import HarnessSettings
from agent.harness.journal.step import Step
from agent.harness.task import Outcome, Task
from components.settings.budgets import Budgets
from components.settings.model import Settings
from local.commands import background, refusals, summary
from local.commands.console import Console
from local.commands.run import COMPLETED, ENDED_OTHERWISE, NOT_STARTED, OVERDUE, REPORT_KINDS, USAGE, shown
from local.commands.signals import Interrupted, Signals
from local.errors import ConfigurationError
from local.processes import PROJECT

STATE = PROJECT / ".local"

# Bedrock routes it to wherever there is room; a profile that stays on one continent can be named instead.
MODEL_ID = "global.anthropic.claude-haiku-4-5-20251001-v1:0"
MODEL_FACTORY = "agent.harness.models:bedrock"

# How long work that was told to stop may take to do so: a model that thinks does not listen.
_GRACE_SECONDS = 5.0

_LONGEST_LINE = 300

_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


@dataclass(frozen=True, kw_only=True)
class AnalysisRequest:
    """What the command line asks for.

    Attributes:
        live: Whether a real account may be read.
        regions: Which regions to look at; the credentials' own when empty.
        refresh_prices: Whether AWS is asked for its price list, instead of going by the dated table.
        profile: Of the AWS configuration; None for what the environment says.
        model_factory: `module:function` that builds the model.
        model_id: Amazon Bedrock model or inference profile id.
        prompt: What to ask of the agent.
        out: Where the report goes; None for a new folder.
        as_json: Whether stdout gets one JSON object, and nothing else.
    """

    live: bool
    regions: tuple[str, ...]
    refresh_prices: bool
    profile: str | None
    model_factory: str
    model_id: str
    prompt: str
    out: Path | None
    as_json: bool


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Whose credentials these are.

    Attributes:
        account: Twelve digits.
        arn: The user or role.
        regions: What is looked at.
    """

    account: str
    arn: str
    regions: tuple[str, ...]


class AnalysisCommand:
    """One call of the command."""

    def __init__(self, request: AnalysisRequest) -> None:
        self._request = request
        self._console = Console(sys.stderr if request.as_json else sys.stdout)
        self._session_id = f"live-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
        self._out = request.out or STATE / "reports" / self._session_id
        self._cancel = threading.Event()
        self._work: Future[Outcome] | None = None

    def execute(self, signals: Signals) -> int:
        """Does it all, and returns the exit status; problems become one line on stderr."""
        try:
            self._refuse_unasked()
            identity = signals.result(background.call(self._identify))
            outcome = self._follow(identity, signals)
            self._tell(identity, outcome)
        except ConfigurationError as error:
            return self._failed(USAGE, str(error))
        except (BotoCoreError, ClientError) as error:
            status = NOT_STARTED if self._work is None else ENDED_OTHERWISE
            return self._failed(status, refusals.told(error, model_id=self._request.model_id))
        except TimeoutError as error:
            return self._failed(OVERDUE, str(error))
        except Interrupted as interruption:
            return self._failed(interruption.status, f"Interrupted ({interruption}): nothing was written to AWS")
        except Exception as error:  # noqa: BLE001 (any provider's error can come out of the model: all end in a line)
            return self._failed(ENDED_OTHERWISE, self._unforeseen(error))
        return COMPLETED

    def _refuse_unasked(self) -> None:
        if self._request.live:
            return
        whose = f"profile {self._request.profile!r}" if self._request.profile else "this environment's credentials"
        raise ConfigurationError(
            f"This would read a real account, that of {whose}, send what it finds to {self._model()}, which costs "
            f"money, and write a report to {shown(self._out)}; to AWS it writes nothing. Every other command here "
            "keeps to an emulated account, so a real one has to be asked for: add --live"
        )

    def _model(self) -> str:
        factory = self._request.model_factory
        return f"Amazon Bedrock's {self._request.model_id}" if factory == MODEL_FACTORY else factory

    def _identify(self) -> Identity:
        """Reads whose credentials these are, having made them those of the whole process.

        Raises:
            ConfigurationError: When no region is configured.
        """
        if self._request.profile:
            os.environ["AWS_PROFILE"] = self._request.profile
            for name in _KEYS:  # they would win over the profile
                os.environ.pop(name, None)
        region = os.environ.get("AWS_REGION") or boto3.Session().region_name or next(iter(self._request.regions), None)
        if region is None:
            raise ConfigurationError("No AWS region is configured: give --regions, or set AWS_REGION")
        # boto3 reads one of them, others read the other.
        os.environ["AWS_REGION"] = os.environ["AWS_DEFAULT_REGION"] = region
        answer = boto3.Session().client("sts").get_caller_identity()
        identity = Identity(account=answer["Account"], arn=answer["Arn"], regions=self._request.regions or (region,))
        self._console.line(f"account {identity.account} in {', '.join(identity.regions)}, read as {identity.arn}")
        self._console.line(f"model   {self._model()}")
        return identity

    def _follow(self, identity: Identity, signals: Signals) -> Outcome:
        """Has the analyst work in the background, and waits for it.

        Raises:
            ConfigurationError: When there is no such model factory.
            TimeoutError: When it has not ended in time.
        """
        # They take a second to import, which a command that is refused should not wait for.
        from agent.analyst.analyse import analyse
        from agent.analyst.report.objects import FolderObjects
        from agent.harness.hooks import StepRecorder
        from agent.harness.models import ModelFactoryError

        recorder = StepRecorder(ConsoleSteps(self._console), retention_seconds=0, report_progress=self._console.status)
        task = Task(
            session_id=self._session_id,
            attempt=1,
            prompt=self._request.prompt,
            cancel_signal=self._cancel,
            report_progress=lambda line: self._console.line(f"          {line}"),
            record_start=recorder.record_start,
            hooks=[recorder],
            settings=_settings(self._request),
        )
        own = AnalystSettings(regions=identity.regions, refresh_prices=self._request.refresh_prices)
        objects = FolderObjects(_kept(identity))
        self._work = background.call(lambda: analyse(task, settings=own, objects=objects))
        try:
            return signals.result(self._work, task.settings.agent_deadline_seconds)
        except ModelFactoryError as error:
            raise ConfigurationError(f"{error} (--model-factory)") from error
        except TimeoutError as error:
            if self._work.done():
                raise
            raise TimeoutError(
                f"The analysis has not ended within {task.settings.agent_deadline_seconds:g} s: look at fewer --regions"
            ) from error

    def _tell(self, identity: Identity, outcome: Outcome) -> None:
        self._out.mkdir(parents=True, exist_ok=True)
        made = _kept(identity) / "reports" / self._session_id / "attempt-1"
        files = {path.name: Path(shutil.copy(path, self._out)) for path in made.iterdir()}
        self._console.clear()
        if not self._request.as_json:
            self._console.text("\n" + "\n".join(summary.lines(files)))
            return
        report = {kind: str(files[name]) for name, kind in REPORT_KINDS.items()}
        self._print_json(
            error=None,
            account=identity.account,
            regions=identity.regions,
            summary=outcome.summary,
            usage=outcome.usage,
            report=report,
        )

    def _print_json(self, *, error: str | None, **known: Any) -> None:
        status = "COMPLETED" if error is None else None
        document = {"session_id": self._session_id, "status": status, "error": error, **known}
        print(json.dumps({**document, "seconds": round(self._console.seconds, 2)}, indent=2), flush=True)

    def _unforeseen(self, error: Exception) -> str:
        log = self._out / "error.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text("".join(traceback.format_exception(error)))
        return f"The analysis has failed ({type(error).__name__}: {_one_line(error)}); the details are in {shown(log)}"

    def _failed(self, status: int, problem: str) -> int:
        self._console.clear()
        print(problem, file=sys.stderr, flush=True)
        if self._request.as_json:
            self._print_json(error=problem)
        self._stop(status)
        return status

    def _stop(self, status: int) -> None:
        """Has the work stop, and leaves without it where it does not listen: there is nothing that it could harm."""
        self._cancel.set()
        if self._work is not None and not futures.wait([self._work], _GRACE_SECONDS).done:
            os._exit(status)


class ConsoleSteps:
    """Shows on the terminal what the agent does.

    Args:
        console: Where.
    """

    def __init__(self, console: Console) -> None:
        self._console = console

    def record_step(self, number: int, step: Step, *, retention_seconds: float) -> None:  # noqa: ARG002
        """Shows one step."""
        tokens = f", {step.input_tokens}+{step.output_tokens} tokens" if step.input_tokens else ""
        failure = f" failed: {_one_line(step.error)}" if step.error else ""
        self._console.line(f"          {step.kind.lower()} {step.name} {step.seconds:.2f} s{tokens}{failure}")


def _settings(request: AnalysisRequest) -> HarnessSettings:
    """The agent's settings: what a stack has by default, without what only a deployed agent uses."""
    budgets = Budgets()
    return HarnessSettings(
        journal_table="",
        report_bucket="",
        model_id=request.model_id,
        model_factory=request.model_factory,
        heartbeat_seconds=budgets.heartbeat_seconds,
        lease_seconds=budgets.lease_seconds,
        agent_deadline_seconds=budgets.agent_deadline_seconds,
        expected_seconds=budgets.expected_seconds,
        max_turns=Settings.max_turns,
        max_tokens=Settings.max_tokens,
        max_prompt_characters=Settings.max_prompt_characters,
        journal_retention_days=0,
        log_level=Settings.log_level,
    )


def _kept(identity: Identity) -> Path:
    """Where the analyses of one account are kept, each of which is compared with the one before."""
    return STATE / "live" / "_".join([identity.account, *sorted(identity.regions)])


def _one_line(text: object) -> str:
    return " ".join(str(text).split())[:_LONGEST_LINE]
