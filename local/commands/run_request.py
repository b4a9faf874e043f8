"""The request of a local run."""

from dataclasses import dataclass


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
