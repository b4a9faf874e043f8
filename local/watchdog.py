"""A small process that cleans up after a parent that has died: it ends process groups and removes files.

A parent that is killed cannot clean up. It therefore writes one line to a pipe for each group that it starts or ends,
and for each file that nobody may find later.
The operating system closes the pipe when the parent dies. This file runs isolated from the project
(`python -I -S watchdog.py`), so it starts in milliseconds and cannot fail together with the project.
"""

import os
import signal
import sys
import time
from pathlib import Path

GRACE_SECONDS = 3.0


def end(groups: set[int], grace_seconds: float) -> None:
    """Send SIGTERM to the process groups, and SIGKILL to those that remain after the grace period."""
    signal_groups(groups, signal.SIGTERM)
    deadline = time.monotonic() + grace_seconds
    while signal_groups(groups, 0) and time.monotonic() < deadline:
        time.sleep(0.02)
    signal_groups(groups, signal.SIGKILL)


def signal_groups(groups: set[int], number: int) -> bool:
    """Send a signal to each group, and return whether any of the groups exists."""
    existing = False
    for group in groups:
        try:
            os.killpg(group, number)
            existing = True
        except (ProcessLookupError, PermissionError):  # macOS answers EPERM for a group of zombies
            continue
    return existing


def main() -> None:
    """Read `+<group>`, `-<group>` and `/<path>` lines until the parent is gone, then remove and end what is left."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    files: set[str] = set()
    for line in sys.stdin:
        if line[0] == "/":
            files.add(line.rstrip("\n"))
        else:
            (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
    for file in files:
        Path(file).unlink(missing_ok=True)
    end(groups, GRACE_SECONDS)


if __name__ == "__main__":
    main()
