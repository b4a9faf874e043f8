"""The lock and the file of the one local stack that `up` keeps up. Other commands find the stack by the file.

The stack's process and its watchdog hold the lock together. It is free when both have ended, and the watchdog ends
last, so no process of the stack is left then. The file is there while the stack can be used. If the process is killed,
its watchdog removes the file.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local import processes
from local.errors import LocalStackError


class StackFile:
    """The lock and the file of one folder.

    Args:
        state: The folder, such as `.local`.
    """

    def __init__(self, state: Path) -> None:
        self.path = state / "stack.json"
        self._lock = state / "stack.lock"

    def claim(self) -> None:
        """Take the lock for this process and its watchdog, and remove what a killed stack has left.

        Raises:
            LocalStackError: Another stack is running.
        """
        descriptor = self._try_lock()
        if descriptor is None:
            raise LocalStackError(self.refusal())
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        processes.share_with_watchdog(descriptor)
        self.path.unlink(missing_ok=True)

    def publish(self, *, outputs: Mapping[str, Any], environment: Mapping[str, str], stack: str, logs: Path) -> None:
        """Write the file. Only its user can read it, because it contains the keys of the emulated account."""
        document = {
            "stack": stack,
            "pid": os.getpid(),
            "logs": str(logs),
            "environment": dict(environment),
            "outputs": outputs,
        }
        processes.remove_at_end(self.path)
        written = self.path.with_suffix(".new")
        written.unlink(missing_ok=True)
        with os.fdopen(os.open(written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(document, file, indent=2)
        written.replace(self.path)

    def withdraw(self) -> None:
        """Remove the file, if it is there."""
        self.path.unlink(missing_ok=True)

    def is_held(self) -> bool:
        """Return whether a stack holds the lock, or its watchdog still ends processes."""
        descriptor = self._try_lock()
        if descriptor is None:
            return True
        os.close(descriptor)
        return False

    def refusal(self) -> str:
        """Return why no other stack may start."""
        return f"A local stack is running already (process {self.pid()}): use it, or end it with 'make local-down'"

    def pid(self) -> int:
        """Return the process of the stack that has taken the lock last."""
        return int(self._lock.read_text())

    def is_published_by(self, pid: int) -> bool:
        """Return whether the file is that of a process."""
        try:
            return bool(json.loads(self.path.read_text())["pid"] == pid)
        except FileNotFoundError:
            return False

    def _try_lock(self) -> int | None:
        """Return the descriptor of the locked file; None if another process holds the lock."""
        self._lock.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return descriptor
