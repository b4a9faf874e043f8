"""Exit statuses of the commands."""

from enum import IntEnum


class ExitStatus(IntEnum):
    """How a command ended. A signal ends it with 128 plus the signal's number."""

    COMPLETED = 0
    FAILED = 1  # the run failed or was cancelled, or the analysis failed
    USAGE = 2  # the command or the configuration is wrong; nothing was started
    NOT_STARTED = 3  # the local stack, or access to the real account, failed
    TIMED_OUT = 4
    NO_OUTPUT = 5  # the output could not be written
