"""One line of output for each step of an agent."""

from agent.harness.journal.step import Step
from local.terminal.console import Console

_LONGEST_ERROR = 300


def step_line(kind: str, name: str, seconds: float, *, input_tokens: int, output_tokens: int, error: str | None) -> str:
    """Return the line of a step, such as `model scripted 0.21 s, 1323+9 tokens`.

    Args:
        kind: START, MODEL or TOOL.
        name: The step's name.
        seconds: Duration.
        input_tokens: Tokens that the model read; 0 for other steps.
        output_tokens: Tokens that the model wrote.
        error: Why the step failed; None when it succeeded.
    """
    tokens = f", {input_tokens}+{output_tokens} tokens" if input_tokens else ""
    failure = "" if error is None else f" failed: {one_line(error)}"
    return f"{kind.lower()} {name} {seconds:.2f} s{tokens}{failure}"


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
            input_tokens=step.input_tokens,
            output_tokens=step.output_tokens,
            error=step.error,
        )
        self._console.line(f"          {line}")
