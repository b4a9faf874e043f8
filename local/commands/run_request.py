"""The request of a local run."""

from dataclasses import dataclass

from agent.harness.variables import Variable
from local.configuration import checked_settings
from local.processes import PROJECT
from local.program import preview
from local.stack import SCRIPTED_MODEL, WAIT_SCALE, Options

_LEASE_SCALE = 0.1


@dataclass(frozen=True, kw_only=True)
class Request:
    """Arguments of the command.

    Attributes:
        stack: The stack to deploy.
        agent: The agent to run, by its name in the program; the first agent when None.
        prompt: The prompt of the run; the first schedule's event when None.
        as_json: Whether to print one JSON object to stdout, and progress to stderr.
        port: Port of the emulated account; a free port when None.
        seconds: Time for the run to end.
    """

    stack: str
    agent: str | None
    prompt: str | None
    as_json: bool
    port: int | None
    seconds: float

    def checked_options(self) -> Options:
        """Return the options of the stack, when all its settings are right.

        Raises:
            ConfigurationError: A setting is wrong. The message lists all problems.
        """
        return checked_options(self.stack, agent=self.agent, port=self.port)


def checked_options(stack: str, *, agent: str | None = None, port: int | None = None) -> Options:
    """Return the options of a stack, when all its settings are right.

    Args:
        stack: The stack to deploy.
        agent: The agent to run; the first agent when None.
        port: Port of the emulated account; a free port when None.

    Raises:
        ConfigurationError: A setting is wrong. The message lists all problems.
        LocalStackError: The program cannot be previewed.
    """
    settings = checked_settings(PROJECT, stack)
    if settings.model_factory is not None:  # only the program knows in which bundle it must be
        preview(PROJECT, stack_name=stack)
    budgets = settings.budgets
    # Cancellations, lost agents and missing models are found as much faster than on AWS as the waits are, while a run
    # lasts. The lease is scaled less: a busy machine may delay a heartbeat by seconds.
    times = {
        Variable.HEARTBEAT_SECONDS.value: f"{budgets.heartbeat_seconds * WAIT_SCALE:g}",
        Variable.MODEL_RETRY_SECONDS.value: f"{budgets.model_retry_seconds * WAIT_SCALE:g}",
        Variable.LEASE_SECONDS.value: f"{budgets.lease_seconds * _LEASE_SCALE:g}",
    }
    return Options(stack=stack, agent=agent, port=port, agent_environment={**SCRIPTED_MODEL, **times})
