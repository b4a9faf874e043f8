"""A terminal whose screen a test reads."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

needs_tmux = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")


class Terminal:
    """A terminal of tmux that runs one command. Use it as a context manager.

    Args:
        command: The program and its arguments. Its exit status is printed when it has ended.
        columns: The terminal's width.
        folder: Where the command runs.
        environment: All environment variables of the command.
    """

    def __init__(self, command: Sequence[str], *, columns: int, folder: Path, environment: Mapping[str, str]) -> None:
        self._socket = tempfile.TemporaryDirectory()  # of this server of tmux only
        self._environment = {**environment, "LC_ALL": "C.UTF-8", "TMUX_TMPDIR": self._socket.name}
        self._start = ("-u", "-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", "24", "-c", str(folder))
        self._command = f"{shlex.join(command)}; echo status $?; exec sleep 600"

    def __enter__(self) -> Terminal:
        self._tmux(*self._start, self._command)
        return self

    def __exit__(self, *_: object) -> None:
        self._tmux("kill-server")
        self._socket.cleanup()

    def wait(self, text: str) -> list[str]:
        """Return the lines of the screen when it contains a text."""
        deadline = time.monotonic() + 100
        while text not in (screen := self._tmux("capture-pane", "-p")):
            assert "status " not in screen, screen
            assert time.monotonic() < deadline, screen
            time.sleep(0.05)
        return screen.splitlines()

    def press(self, key: str) -> None:
        """Press a key."""
        self._tmux("send-keys", key)

    def _tmux(self, *arguments: str) -> str:
        command = ["/usr/bin/env", "tmux", *arguments]
        return subprocess.run(command, env=self._environment, capture_output=True, text=True, check=True).stdout
