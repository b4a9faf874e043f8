"""The errors that an operator sees: one line that says what is wrong and what to do, and an exit status."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum


class ExitStatus(IntEnum):
    """The command line's exit statuses. MEANINGS explains them."""

    OK = 0
    FAILED = 1
    USAGE = 2
    CANCELLED = 3
    NOT_FOUND = 4
    DENIED = 5
    UNAVAILABLE = 6


MEANINGS: Mapping[int, str] = {
    ExitStatus.OK.value: "done; the watched run is COMPLETED",
    ExitStatus.FAILED.value: "the watched run is FAILED, or doctor has found what stops runs",
    ExitStatus.USAGE.value: "the command or the configuration is wrong",
    ExitStatus.CANCELLED.value: "the watched run is CANCELLED",
    ExitStatus.NOT_FOUND.value: "there is no such run, stack or report",
    ExitStatus.DENIED.value: "credentials are missing, expired or not permitted",
    ExitStatus.UNAVAILABLE.value: "AWS, the stack or the network did not respond",
    130: "interrupted",
    141: "the reader of the output has ended",
}
"""What each exit status means, for the help and the documentation."""


class RunsError(Exception):
    """An error that an operator can fix.

    Args:
        message: What is wrong and what to do, in one line.
        status: The command's exit status.
    """

    def __init__(self, message: str, status: ExitStatus = ExitStatus.USAGE) -> None:
        super().__init__(message)
        self.status = status
