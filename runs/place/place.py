"""A place: one agent of a stack, with its outputs and clients. Nothing else knows AWS from the local stack."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from runs.errors import ExitStatus, RunsError

# What every agent's outputs must contain; a stack of an older version may lack one.
_REQUIRED = ("event_bus_name", "journal_table_name", "report_bucket_name", "state_machine_arn")


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A stack, as its outputs describe it.

    Attributes:
        name: The stack's name.
        outputs: The stack's outputs.
        environment: Variables that its clients need in addition to the process's own: endpoints and keys of the local
            stack; empty for a deployed one.
    """

    name: str
    outputs: Mapping[str, Any]
    environment: Mapping[str, str]


class Place:
    """One agent of a stack.

    Args:
        stack: The stack.
        agent: The agent's name; the first agent if None.
        client: Returns the client of an AWS service, for a process that has clients of the stack already.

    Raises:
        RunsError: The stack has no such agent, or it is not one of this project's.
    """

    def __init__(self, stack: Stack, agent: str | None = None, *, client: Callable[[str], Any] | None = None) -> None:
        self.stack = stack
        self._client = client or self._new_client
        self.agent, self.outputs = _agent_of(stack, agent)
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    @property
    def region(self) -> str:
        """The stack's region, from the ARN of its state machine."""
        return str(self.outputs["state_machine_arn"]).split(":")[3]

    @property
    def account(self) -> str:
        """The account's id."""
        return str(self.outputs["state_machine_arn"]).split(":")[4]

    @property
    def is_local(self) -> bool:
        """Whether the stack is emulated on this machine: it has neither console nor spans, and a scripted model."""
        return bool(self.stack.environment)

    def output(self, name: str) -> Any:
        """Return one of the agent's outputs.

        Raises:
            RunsError: The stack was deployed with a version that did not have it.
        """
        if name not in self.outputs:
            raise RunsError(
                f"Stack {self.stack.name} has no output {name}: deploy it with this version", ExitStatus.NOT_FOUND
            )
        return self.outputs[name]

    def client(self, service: str) -> Any:
        """Return the client of an AWS service, made at its first use."""
        with self._lock:  # creating a client is not thread-safe, using it is
            if service not in self._clients:
                self._clients[service] = self._client(service)
            return self._clients[service]

    def _new_client(self, service: str) -> Any:
        variable = f"AWS_ENDPOINT_URL_{service.upper().replace('-', '_')}"
        environment = self.stack.environment
        endpoint = environment.get(variable) or environment.get("AWS_ENDPOINT_URL")
        return self._session.client(service, endpoint_url=endpoint, config=_config())

    @cached_property
    def _session(self) -> Any:
        import boto3

        environment = self.stack.environment
        return boto3.Session(
            region_name=self.region,
            aws_access_key_id=environment.get("AWS_ACCESS_KEY_ID"),
            aws_secret_access_key=environment.get("AWS_SECRET_ACCESS_KEY"),
            aws_session_token=environment.get("AWS_SESSION_TOKEN"),
        )


def _config() -> Any:
    from botocore.config import Config

    return Config(connect_timeout=5, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 4})


def _agent_of(stack: Stack, agent: str | None) -> tuple[str, Mapping[str, Any]]:
    agents = stack.outputs.get("agents")
    if not isinstance(agents, Mapping) or not agents:
        raise RunsError(
            f"Stack {stack.name} has no output 'agents': deploy it with this version, or name another stack",
            ExitStatus.NOT_FOUND,
        )
    name = agent or next(iter(agents))
    if name not in agents:
        raise RunsError(f"Stack {stack.name} has no agent {name!r}: choose one of {', '.join(agents)}")
    outputs = agents[name]
    if missing := [key for key in _REQUIRED if key not in outputs]:
        raise RunsError(f"Agent {name} of stack {stack.name} has no output {', '.join(missing)}: deploy it again")
    return name, outputs
