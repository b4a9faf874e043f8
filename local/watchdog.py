"""A tiny process that ends the process groups its parent leaves behind.

A parent that is killed outright runs no cleanup of its own. It therefore tells this watchdog of every group that it
starts and ends, one line each, through a pipe that the operating system closes when the parent dies, however it dies.
Runs isolated from the project (`python -I -S watchdog.py`), so that it starts in milliseconds and cannot fail with it.
"""

import os
import signal
import sys
import time

GRACE_SECONDS = 3.0


def end(groups: set[int], grace_seconds: float) -> None:
    """Terminates the process groups, and kills what is left of them after the grace period."""
    signal_groups(groups, signal.SIGTERM)
    deadline = time.monotonic() + grace_seconds
    while signal_groups(groups, 0) and time.monotonic() < deadline:
        time.sleep(0.02)
    signal_groups(groups, signal.SIGKILL)


def signal_groups(groups: set[int], number: int) -> bool:
    """Sends the signal to each group; returns whether any of them still exists."""
    existing = False
    for group in groups:
        try:
            os.killpg(group, number)
            existing = True
        except (ProcessLookupError, PermissionError):  # macOS answers EPERM for a group of zombies
            continue
    return existing


def main() -> None:
    """Reads `+<group>` and `-<group>` lines until the parent is gone, then ends the groups that remain."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
    end(groups, GRACE_SECONDS)


if __name__ == "__main__":
    main()
