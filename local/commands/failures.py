"""The line on stderr, and the exit status, of an error that ends a command which has a stack."""

import traceback

from botocore.exceptions import BotoCoreError, ClientError

from local.commands.steps import one_line
from local.errors import ConfigurationError, LocalStackError
from local.stack import LocalStack
from local.terminal.console import relative
from local.terminal.exit_status import ExitStatus
from local.terminal.signals import Interrupted
from runs.errors import RunsError


def explain(error: BaseException, stack: LocalStack | None) -> tuple[int, str]:
    """Return the exit status of a command whose stack an error has ended, and one line about the error.

    Args:
        error: The error.
        stack: The stack; None if it was not made.
    """
    logs = relative(stack.logs) if stack else None
    match error:
        case ConfigurationError():
            return ExitStatus.USAGE, str(error)
        case LocalStackError() | RunsError():
            return ExitStatus.NOT_STARTED, str(error)
        case TimeoutError():
            return ExitStatus.TIMED_OUT, f"{error}: give it more --seconds, or read {logs}"
        case Interrupted():
            return error.status, f"Interrupted ({error}): all processes are stopped"
        case BotoCoreError() | ClientError():
            return ExitStatus.NOT_STARTED, f"The emulated account failed ({error}): read {logs}"
    return ExitStatus.NOT_STARTED, _unexpected(error, stack)


def _unexpected(error: BaseException, stack: LocalStack | None) -> str:
    """Write the trace of an unexpected error to a file, and return one line about it."""
    text = f"The command failed ({one_line(repr(error))})"
    if stack is None:
        return f"{text}: nothing was started"
    log = stack.logs / "error.log"
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    except OSError as problem:
        return f"{text}, and its logs cannot be written ({problem}): make {relative(log.parent)} writable"
    return f"{text}: read {relative(log)}"
