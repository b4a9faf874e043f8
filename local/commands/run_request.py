"""The request of a local run."""

from dataclasses import dataclass

from agent.harness.variables import Variable
from local.configuration import checked_settings
from local.processes import PROJECT
from local.stack import SCRIPTED_MODEL, WAIT_SCALE, Options


@dataclass(frozen=True, kw_only=True)
class Request:
    """Arguments of the command.

    Attributes:
        stack: The stack to deploy.
        agent: The agent to run, by its name in the program; the first agent when None.
        prompt: The prompt of the run; the first schedule's event when None.
        as_json: Whether to print one JSON object to stdout, and progress to stderr.
        keep: Whether to keep the stack running after the run, until a signal arrives.
        port: Port of the emulated account; a free port when None.
        seconds: Time for the run to end.
    """

    stack: str
    agent: str | None
    prompt: str | None
    as_json: bool
    keep: bool
    port: int | None
    seconds: float

    def checked_options(self) -> Options:
        """Return the options of the stack, when all its settings are right.

        Raises:
            ConfigurationError: A setting is wrong. The message lists all problems.
        """
        settings = checked_settings(PROJECT, self.stack)
        # The heartbeat is as much faster than on AWS as the waits are: a cancellation takes effect while a run lasts.
        heartbeat = {Variable.HEARTBEAT_SECONDS.value: f"{settings.budgets.heartbeat_seconds * WAIT_SCALE:g}"}
        return Options(
            stack=self.stack, agent=self.agent, port=self.port, agent_environment={**SCRIPTED_MODEL, **heartbeat}
        )
