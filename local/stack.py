"""The whole system on this machine: emulated account, data plane, deployed program, sample estate, and its runs."""

import json
import logging
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from components.bundles import build as bundle
from components.events import event_types
from local.agentcore.data_plane import DataPlane
from local.agentcore.sessions import Limits
from local.emulator.account import REGION, Account
from local.emulator.emulator import Emulator
from local.errors import LocalStackError
from local.processes import PROJECT
from local.program import Deployment, configuration, deploy
from local.runs import Run, Runs

STATE = PROJECT / ".local"

# Bedrock's place is taken by a model that needs no credentials; everything else is what runs on AWS.
SCRIPTED_MODEL = {"MODEL_FACTORY": "local.scripted_model:create"}

# The workflow waits between 5 and 60 s for a run of minutes; a local run takes seconds.
WAIT_SCALE = 0.01

# Whose messages are kept: this package's, and what the program tells with `pulumi.log`.
_LOGGERS = ("local", "pulumi")

# How many stacks' logs are kept.
_KEPT_LOGS = 10


@dataclass(frozen=True, kw_only=True)
class Options:
    """What may differ between local stacks.

    Attributes:
        stack: Which Pulumi.<stack>.yaml configures it.
        program: The directory of the Pulumi program.
        config: Values that replace those of the configuration files, under their full names.
        port: Port of the emulated account; a free one when None.
        wait_scale: Factor on the waits of the workflow.
        limits: AgentCore's quotas and times.
        agent_environment: Variables that the agent gets beside those that the program declares.
        agent_command: What serves the agent on `$PORT`; the project's own when None.
        function_environment: Variables that the functions get beside those that the program declares.
        state: The directory that keeps logs and reports.
    """

    stack: str = "dev"
    program: Path = PROJECT
    config: Mapping[str, str] = field(default_factory=dict)
    port: int | None = None
    wait_scale: float = WAIT_SCALE
    limits: Limits = field(default_factory=Limits)
    agent_environment: Mapping[str, str] = field(default_factory=lambda: SCRIPTED_MODEL)
    agent_command: list[str] | None = None
    function_environment: Mapping[str, str] = field(default_factory=dict)
    state: Path = STATE


class LocalStack:
    """The system, from `start` to `stop`; use it as a context manager.

    `start` returns before the emulated account is ready, so that deploying and filling it can be prepared meanwhile:
    both may be called at once from several threads.
    """

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        config = configuration(self.options.program, self.options.stack, self.options.config)
        self.logs = self.options.state / "logs" / f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
        self.emulator = Emulator(
            self.logs,
            region=config.get("aws:region", REGION),
            port=self.options.port,
            wait_scale=self.options.wait_scale,
        )
        self.data_plane = DataPlane(
            self.account,
            logs=self.logs,
            limits=self.options.limits,
            environment=self.options.agent_environment,
            command=self.options.agent_command,
        )
        self._log: logging.FileHandler | None = None
        self._deployment: Deployment | None = None
        self._runs: Runs | None = None

    def __enter__(self) -> "LocalStack":
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Starts the emulated account, without waiting for it, and AgentCore's data plane.

        Raises:
            LocalStackError: When either cannot be started.
        """
        _forget_old(self.logs.parent)
        self.logs.mkdir(parents=True)
        self._log = logging.FileHandler(self.logs / "local.log")
        self._log.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        for name in _LOGGERS:
            logging.getLogger(name).addHandler(self._log)
            logging.getLogger(name).setLevel(logging.INFO)
        self.emulator.start()
        self.data_plane.start()

    def stop(self) -> None:
        """Ends every process (idempotent)."""
        self.data_plane.stop()
        self.emulator.stop()
        if self._log is not None:
            for name in _LOGGERS:
                logging.getLogger(name).removeHandler(self._log)
            self._log.close()
            self._log = None

    def account(self) -> Account:
        """Returns the emulated account, as soon as it answers."""
        self.emulator.wait_until_ready()
        return self.emulator.account

    def client(self, service: str) -> Any:
        """Returns the root user's client of an AWS service of this stack."""
        endpoint = self.data_plane.endpoint if service == "bedrock-agentcore" else None
        return self.account().client(service, endpoint=endpoint)

    def deploy(self) -> Deployment:
        """Runs the Pulumi program and creates what it declares.

        Raises:
            LocalStackError: When the program or one of its resources is at fault.
        """
        # Emulated functions run on this machine's Python version, and the agent from its sources.
        os.environ[bundle.BYTECODE_VARIABLE] = bundle.OMIT_BYTECODE
        self._deployment = deploy(
            self.options.program,
            stack_name=self.options.stack,
            account=self.account,
            config=self.options.config,
            function_environment={
                "AWS_ENDPOINT_URL_BEDROCK_AGENTCORE": self.data_plane.endpoint,
                **self.options.function_environment,
            },
        )
        return self._deployment

    @property
    def outputs(self) -> Mapping[str, Any]:
        """The deployed stack's outputs."""
        assert self._deployment is not None, "deploy() comes first"
        return self._deployment.outputs

    @property
    def runs(self) -> Runs:
        """Reads the runs of the deployed stack."""
        if self._runs is None:
            self._runs = Runs(self.account(), self.outputs)
        return self._runs

    def fill_estate(self) -> int:
        """Creates the sample estate that the agent analyses; returns how many functions it has."""
        from local.estate import filling, sample

        filling.fill(self.account().client, sample.MIXED, datetime.now(UTC))
        return len(sample.MIXED.functions)

    def fire(self, schedule: str | None = None) -> str:
        """Puts the event of a deployed schedule on its bus, as the schedule would; returns the run's session id.

        Args:
            schedule: The schedule's name in the settings; the first one when None.

        Raises:
            LocalStackError: When there is no such schedule.
        """
        schedules = self.outputs["schedules"]
        name = schedule or next(iter(schedules), None)
        if name not in schedules:
            raise LocalStackError(
                f"Stack {self.options.stack!r} has no schedule {name!r}: choose one of {', '.join(schedules) or 'none'}"
            )
        target = self.client("scheduler").get_schedule(
            GroupName=self.outputs["schedule_group_name"], Name=schedules[name]
        )["Target"]
        parameters = target["EventBridgeParameters"]
        return self._put(
            bus=target["Arn"], source=parameters["Source"], kind=parameters["DetailType"], detail=target["Input"]
        )

    def request(self, prompt: str) -> str:
        """Puts an event that requests a run on the stack's bus; returns the run's session id."""
        return self.publish(event_types.RUN_REQUESTED, {"prompt": prompt, "requested_by": "local"})

    def publish(self, kind: str, detail: Mapping[str, Any]) -> str:
        """Puts an event on the stack's bus; returns the event's id."""
        return self._put(bus=self.outputs["event_bus_name"], source="local", kind=kind, detail=json.dumps(detail))

    def _put(self, *, bus: str, source: str, kind: str, detail: str) -> str:
        answer = self.client("events").put_events(
            Entries=[{"EventBusName": bus, "Source": source, "DetailType": kind, "Detail": detail}]
        )
        entry = answer["Entries"][0]
        if answer["FailedEntryCount"]:
            raise LocalStackError(f"The bus {bus} refuses the event: {entry['ErrorMessage']}")
        return str(entry["EventId"])

    def watch(self, session_id: str, *, seconds: float, every: float = 0.1) -> Iterator[Run]:
        """Yields the run again and again until it has ended.

        Raises:
            TimeoutError: When it has not ended in time.
        """
        deadline = time.monotonic() + seconds
        while True:
            run = self.runs.read(session_id)
            yield run
            if run.has_ended:
                return
            if time.monotonic() > deadline:
                raise TimeoutError(f"Run {session_id} is {run.status} and has not ended within {seconds:g} s")
            time.sleep(every)

    def wait(self, session_id: str, *, seconds: float = 60.0) -> Run:
        """Returns the run when it has ended.

        Raises:
            TimeoutError: When it has not ended in time.
        """
        *_, run = self.watch(session_id, seconds=seconds)
        return run

    def fetch(self, run: Run) -> dict[str, Path]:
        """Copies a run's report files to `reports/<session id>/` of the state directory; returns them by name."""
        directory = self.options.state / "reports" / run.session_id
        location = urlsplit(run.item["report_uri"])
        prefix = location.path.lstrip("/").rsplit("/", 1)[0] + "/"
        directory.mkdir(parents=True, exist_ok=True)
        client = self.client("s3")
        files = {}
        for entry in client.list_objects_v2(Bucket=location.netloc, Prefix=prefix)["Contents"]:
            name = entry["Key"].removeprefix(prefix)
            files[name] = directory / name
            client.download_file(location.netloc, entry["Key"], str(files[name]))
        return files


def _forget_old(logs: Path) -> None:
    for directory in sorted(logs.glob("*"))[: -(_KEPT_LOGS - 1)]:
        shutil.rmtree(directory, ignore_errors=True)
