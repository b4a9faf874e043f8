"""The whole system on this machine: emulated account, AgentCore data plane, deployed program and sample estate."""

import logging
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from components.bundles import build as bundle
from local.agentcore.data_plane import DataPlane
from local.agentcore.limits import Limits
from local.configuration import configuration
from local.emulator.account import REGION, Account
from local.emulator.emulator import Emulator
from local.errors import LocalStackError
from local.processes import PROJECT, STATE
from local.program import Deployment, deploy
from local.provisioning import Created
from local.runs import Runs
from runs.place.place import Place
from runs.place.place import Stack as PlacedStack

# A scripted model replaces Amazon Bedrock, so that no credentials are needed. Everything else is what runs on AWS.
SCRIPTED_MODEL = {"MODEL_FACTORY": "local.scripted_model:create"}

# On AWS the workflow waits 5 to 60 s between two checks. A local run takes seconds, so its waits are scaled down.
WAIT_SCALE = 0.01

# Loggers whose messages are kept: this package's, and `pulumi.log` of the program.
_LOGGERS = ("local", "pulumi")
_KEPT_LOGS = 10  # directories, the new one included


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of a local stack.

    Attributes:
        stack: The stack's name, as in Pulumi.<stack>.yaml.
        agent: The agent whose runs are requested, by its name in the program; the first agent when None.
        program: The directory of the Pulumi program.
        config: Configuration values that replace those of the files, by full name (`project:key`).
        port: Port of the emulated account; a free port when None.
        wait_scale: Factor on the workflow's waits.
        limits: Quotas and times of AgentCore.
        agent_environment: Environment variables to add to the agent's declared ones.
        agent_command: Command that serves the agent on `$PORT`; the project's agent when None.
        function_environment: Environment variables to add to the functions' declared ones.
        state: The directory for logs and reports.
    """

    stack: str = "dev"
    agent: str | None = None
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
    """The system from `start` to `stop`. Use it as a context manager.

    `start` does not wait for the emulated account: `deploy` and `fill_estate` wait for it when they need it. Both may
    run at the same time, in two threads.
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
        """Start the emulated account, without waiting for it, and AgentCore's data plane.

        Raises:
            LocalStackError: One of them cannot be started.
        """
        _remove_old_logs(self.logs.parent)
        self.logs.mkdir(parents=True)
        self._log = logging.FileHandler(self.logs / "local.log")
        self._log.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        for name in _LOGGERS:
            logging.getLogger(name).addHandler(self._log)
            logging.getLogger(name).setLevel(logging.INFO)
        self.emulator.start()
        self.data_plane.start()

    def stop(self) -> None:
        """End every process. A second call does nothing."""
        self.data_plane.stop()
        self.emulator.stop()
        if self._log is not None:
            for name in _LOGGERS:
                logging.getLogger(name).removeHandler(self._log)
            self._log.close()
            self._log = None

    def account(self) -> Account:
        """Wait until the emulated account answers, and return it."""
        self.emulator.wait_until_ready()
        return self.emulator.account

    def client(self, service: str) -> Any:
        """Return a client of an AWS service of this stack, with the root user's credentials."""
        endpoint = self.data_plane.endpoint if service == "bedrock-agentcore" else None
        return self.account().client(service, endpoint=endpoint)

    def environment(self) -> dict[str, str]:
        """Return the environment variables with which any AWS SDK or CLI uses the stack as the root user."""
        return self.account().environment() | {"AWS_ENDPOINT_URL_BEDROCK_AGENTCORE": self.data_plane.endpoint}

    def deploy(self) -> Deployment:
        """Run the Pulumi program and create the resources that it declares.

        Raises:
            LocalStackError: The program failed, or a resource could not be created.
        """
        # Bytecode in the bundles would be useless: functions run on this machine's Python, the agent from its sources.
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
            on_create=self._prepare_sessions,
        )
        return self._deployment

    def _prepare_sessions(self, created_type: str, created: Created) -> None:
        """Prepare a new runtime for its sessions, while the deployment goes on."""
        if created_type == "aws:bedrock/agentcoreAgentRuntime:AgentcoreAgentRuntime":
            self.data_plane.prepare(created.outputs["agentRuntimeArn"])

    @property
    def outputs(self) -> Mapping[str, Any]:
        """The outputs of the agent whose runs are requested.

        Raises:
            LocalStackError: The stack has no such agent.
        """
        assert self._deployment is not None, "Call deploy() first"
        outputs = self._deployment.outputs
        if self.options.agent is None:
            return outputs
        agents: Mapping[str, Mapping[str, Any]] = outputs["agents"]
        if self.options.agent not in agents:
            raise LocalStackError(f"The stack has no agent {self.options.agent!r}: choose one of {', '.join(agents)}")
        return agents[self.options.agent]

    @property
    def runs(self) -> Runs:
        """The runs of the deployed stack."""
        if self._runs is None:
            self._runs = Runs(self.account(), self._place(), reports=self.options.state / "reports")
        return self._runs

    def _place(self) -> Place:
        outputs = {"agents": {self.options.agent or "agent": self.outputs}}
        placed = PlacedStack(name=self.options.stack, outputs=outputs, environment=self.environment())
        return Place(placed, client=self.client)

    def fill_estate(self) -> int:
        """Create the sample estate that the agent analyses, and return its number of functions."""
        from local.estate import filling, sample

        filling.fill(self.account().client, sample.MIXED, datetime.now(UTC))
        return len(sample.MIXED.functions)


def _remove_old_logs(logs: Path) -> None:
    for directory in sorted(logs.glob("*"))[: -(_KEPT_LOGS - 1)]:
        shutil.rmtree(directory, ignore_errors=True)
