"""One line of output for each step of an agent."""

from agent.harness.journal.step import Step
from agent.harness.tokens import Tokens
from local.terminal.console import Console

_LONGEST_ERROR = 300


def step_line(kind: str, name: str, seconds: float, *, tokens: Tokens, error: str | None) -> str:
    """Return the line of a step, such as `model scripted 0.21 s, 1323+9 tokens`. Cached tokens follow, if any.

    Args:
        kind: START, MODEL or TOOL.
        name: The step's name.
        seconds: Duration.
        tokens: Tokens of a model call; none for other steps.
        error: Why the step failed; None when it succeeded.
    """
    counts = f", {tokens.read}+{tokens.written} tokens" if tokens.total else ""
    if tokens.cache_read or tokens.cache_written:
        counts += f", cache {tokens.cache_read} read, {tokens.cache_written} written"
    failure = "" if error is None else f" failed: {one_line(error)}"
    return f"{kind.lower()} {name} {seconds:.2f} s{counts}{failure}"


def one_line(text: object) -> str:
    """Return a text as one line of at most 300 characters."""
    return " ".join(str(text).split())[:_LONGEST_ERROR]


class ConsoleSteps:
    """Prints the steps of the agent instead of writing them to a journal.

    Args:
        console: The console to print to.
    """

    def __init__(self, console: Console) -> None:
        self._console = console

    def record_step(self, number: int, step: Step, *, retention_seconds: float) -> None:  # noqa: ARG002
        """Print one step."""
        line = step_line(
            step.kind,
            step.name,
            step.seconds,
            tokens=step.tokens,
            error=step.error,
        )
        self._console.line(f"          {line}")
