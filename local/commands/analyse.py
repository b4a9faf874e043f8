"""`python -m local analyse --live`: analyse a real AWS account once, with the analyst and read-only permissions."""

import json
import os
import shutil
import sys
import threading
import traceback
from concurrent import futures
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from agent.analyst.environment import AnalystSettings
from agent.harness.task import Outcome, Task
from agent.harness.tokens import Tokens
from costs import models
from local.commands import refusals, summary
from local.commands.analysis_request import MODEL_FACTORY, AnalysisRequest
from local.commands.identity import Identity, identify
from local.commands.steps import ConsoleSteps, one_line
from local.errors import ConfigurationError
from local.processes import STATE
from local.terminal import background, streams
from local.terminal.console import Console, relative
from local.terminal.exit_status import ExitStatus
from local.terminal.signals import Interrupted, Signals
from local.terminal.streams import OutputError

# Time for cancelled work to stop. A model call may not respond to the cancellation.
_GRACE_SECONDS = 5.0


class AnalysisCommand:
    """One execution of the command."""

    def __init__(self, request: AnalysisRequest) -> None:
        self._request = request
        self._console = Console(sys.stderr if request.as_json else sys.stdout)
        self._session_id = f"live-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
        self._out = request.out or STATE / "reports" / self._session_id
        self._cancel = threading.Event()
        self._work: Future[Outcome] | None = None

    def execute(self, signals: Signals) -> int:
        """Execute the command, and return the exit status. An error becomes one line on stderr."""
        try:
            self._require_live()
            self._make_directory()
            identity = signals.result(background.call(self._identify))
            outcome = self._follow(identity, signals)
            self._print(identity, outcome)
        except ConfigurationError as error:
            return self._fail(ExitStatus.USAGE, str(error))
        except (BotoCoreError, ClientError) as error:
            status = ExitStatus.NOT_STARTED if self._work is None else ExitStatus.FAILED
            return self._fail(status, refusals.explain(error, model_id=self._request.model_id))
        except TimeoutError as error:
            return self._fail(ExitStatus.TIMED_OUT, str(error))
        except Interrupted as interruption:
            return self._fail(interruption.status, f"Interrupted ({interruption}): nothing was written to AWS")
        except OutputError:
            self._stop(ExitStatus.NO_OUTPUT)
            raise
        except Exception as error:  # noqa: BLE001 (a model provider may raise any error)
            return self._fail(ExitStatus.FAILED, self._write_trace(error))
        return ExitStatus.COMPLETED

    def _require_live(self) -> None:
        if self._request.live:
            return
        source = f"profile {self._request.profile!r}" if self._request.profile else "the environment's credentials"
        raise ConfigurationError(
            f"This command reads the real AWS account of {source}, sends the findings to {self._model()} (which costs "
            f"money) and writes a report to {relative(self._out)}. It writes nothing to AWS. To confirm, add --live"
        )

    def _make_directory(self) -> None:
        try:
            self._out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(
                f"The directory {self._out} cannot be made ({error.strerror}): choose another one with --out"
            ) from None

    def _model(self) -> str:
        factory = self._request.model_factory
        return f"Amazon Bedrock's {self._request.model_id}" if factory == MODEL_FACTORY else factory

    def _billed_model(self) -> str:
        factory = self._request.model_factory
        return self._request.model_id if factory == MODEL_FACTORY else factory

    def _identify(self) -> Identity:
        identity = identify(profile=self._request.profile, regions=self._request.regions)
        self._console.line(f"account {identity.account} in {', '.join(identity.regions)}, read as {identity.arn}")
        self._console.line(f"model   {self._model()}")
        return identity

    def _follow(self, identity: Identity, signals: Signals) -> Outcome:
        """Start the analysis in the background, and wait for its outcome.

        Raises:
            ConfigurationError: The model factory does not exist or is wrong.
            TimeoutError: The analysis has not ended in time.
        """
        # Imported late: they take a second, and a command that is refused need not wait for them.
        from agent.analyst.analyse import analyse
        from agent.analyst.report.objects import FolderObjects
        from agent.harness.hooks import StepRecorder
        from agent.harness.model_calls.retry import ModelRetry
        from agent.harness.models import ModelFactoryError

        recorder = StepRecorder(ConsoleSteps(self._console), retention_seconds=0, report_progress=self._console.status)
        settings = self._request.settings()
        retry = ModelRetry(
            seconds=settings.model_retry_seconds, cancel_signal=self._cancel, report_progress=self._console.status
        )
        task = Task(
            session_id=self._session_id,
            attempt=1,
            prompt=self._request.prompt,
            cancel_signal=self._cancel,
            report_progress=lambda line: self._console.line(f"          {line}"),
            record_start=recorder.record_start,
            hooks=[retry, recorder],
            settings=settings,
        )
        own = AnalystSettings(
            regions=identity.regions,
            refresh_prices=self._request.refresh_prices,
            group_by_tag=self._request.group_by_tag,
        )
        objects = FolderObjects(_history(identity))
        self._work = background.call(lambda: analyse(task, settings=own, objects=objects))
        try:
            return signals.result(self._work, task.settings.agent_deadline_seconds)
        except ModelFactoryError as error:
            raise ConfigurationError(f"{error} (--model-factory)") from error
        except TimeoutError as error:
            if self._work.done():
                raise
            raise TimeoutError(
                f"The analysis has not ended within {task.settings.agent_deadline_seconds:g} s: analyse fewer --regions"
            ) from error

    def _print(self, identity: Identity, outcome: Outcome) -> None:
        made = _history(identity) / "reports" / self._session_id / "attempt-1"
        files = {path.name: Path(shutil.copy(path, self._out)) for path in made.iterdir()}
        self._console.clear()
        if not self._request.as_json:
            self._console.text("\n" + "\n".join(summary.lines(files)))
            self._console.text(summary.model_cost(models.bill_of(self._billed_model(), Tokens.counted(outcome.usage))))
            return
        self._print_json(
            error=None,
            account=identity.account,
            regions=identity.regions,
            summary=outcome.summary,
            usage=outcome.usage,
            report=summary.report_paths(files),
        )

    def _print_json(self, *, error: str | None, **known: Any) -> None:
        status = "COMPLETED" if error is None else None
        document = {"session_id": self._session_id, "status": status, "error": error, **known}
        text = json.dumps({**document, "seconds": round(self._console.seconds, 2)}, indent=2)
        streams.write(sys.stdout, f"{text}\n")

    def _write_trace(self, error: Exception) -> str:
        """Write the trace of an unexpected error to a file, and return one line about it."""
        log = self._out / "error.log"
        log.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
        return f"The analysis failed ({type(error).__name__}: {one_line(error)}): read {relative(log)}"

    def _fail(self, status: int, problem: str) -> int:
        self._console.clear()
        streams.write(sys.stderr, f"{problem}\n")
        if self._request.as_json:
            self._print_json(error=problem)
        self._stop(status)
        return status

    def _stop(self, status: int) -> None:
        """Cancel the work. If it does not stop in time, exit without it: it only reads."""
        self._cancel.set()
        if self._work is not None and not futures.wait([self._work], _GRACE_SECONDS).done:
            os._exit(status)


def _history(identity: Identity) -> Path:
    """Return the directory of an account's analyses. Each analysis is compared with the one before it."""
    return STATE / "live" / "_".join([identity.account, *sorted(identity.regions)])
