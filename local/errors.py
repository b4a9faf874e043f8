"""Errors of the local stack. Each message is one line: what failed, then what to do."""

import traceback
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from components.settings.problems import SettingsError


class LocalStackError(Exception):
    """The local stack cannot be started, deployed or used."""


class ConfigurationError(LocalStackError):
    """The configuration is wrong or cannot be used locally. Nothing has been started."""


def failure(error: Exception, program: Path) -> LocalStackError:
    """Return the error of a deployment whose program has raised an error."""
    # A program shows a SettingsError as a message without a traceback: the error itself is then the context.
    if isinstance(error.__context__, SettingsError):
        return ConfigurationError(str(error))
    return LocalStackError(f"The program failed{_place(error, program)}: {reason(error)}")


def _place(error: BaseException, program: Path) -> str:
    """Return the line of the program that raised an error, as ` at file:line`; empty when it is not known."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.is_relative_to(program) and "site-packages" not in path.parts:
            return f" at {path.relative_to(program)}:{frame.lineno}"
    return ""


def reason(error: Exception) -> str:
    """Return why something failed, in one sentence."""
    if isinstance(error, KeyError):
        return f"its property {error.args[0]!r} is missing: set it in the program"
    if isinstance(error, (ClientError, BotoCoreError, LocalStackError)):
        return str(error)
    return f"{type(error).__name__}: {error}"
