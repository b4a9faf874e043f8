"""The errors that an operator sees: one line that says what is wrong and what to do, and an exit status."""

from __future__ import annotations

from enum import IntEnum


class ExitStatus(IntEnum):
    """What the command line's exit statuses mean."""

    OK = 0  # done; for `watch`: the run is COMPLETED
    FAILED = 1  # the run that was watched is FAILED, or `doctor` has found what stops runs
    USAGE = 2  # the command line or the configuration is wrong
    CANCELLED = 3  # the run that was watched is CANCELLED
    NOT_FOUND = 4  # there is no such run, stack or report
    DENIED = 5  # AWS refused: credentials are missing, expired or not permitted
    UNAVAILABLE = 6  # AWS, the stack or the network did not answer


class RunsError(Exception):
    """Something that an operator can put right.

    Args:
        message: What is wrong and what to do, in one line.
        status: The command's exit status.
    """

    def __init__(self, message: str, status: ExitStatus = ExitStatus.USAGE) -> None:
        super().__init__(message)
        self.status = status
