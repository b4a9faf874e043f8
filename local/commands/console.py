"""Progress on the console: permanent lines, and on a terminal one status line that is rewritten."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

_ERASE = "\r\x1b[2K"


class Console:
    """Writes lines that begin with the seconds since the start.

    Args:
        stream: The stream to write to.
        clock: Returns monotonic seconds.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._started_at = clock()
        self._is_live = stream.isatty() and os.environ.get("TERM") != "dumb"
        self._status = ""

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return self._clock() - self._started_at

    def line(self, text: str) -> None:
        """Write a permanent line with the time."""
        self._write(f"{self.seconds:5.1f} s  {text}\n")

    def text(self, text: str) -> None:
        """Write permanent lines without the time."""
        self._write(f"{text}\n")

    def status(self, text: str) -> None:
        """Rewrite the status line. Without a terminal, write nothing."""
        if self._is_live:
            columns = shutil.get_terminal_size().columns
            self._status = f"{self.seconds:5.1f} s  {text}"[: columns - 1]
            self._write("")

    def clear(self) -> None:
        """Remove the status line."""
        self._status = ""
        self._write("")

    def _write(self, text: str) -> None:
        erase = _ERASE if self._is_live else ""
        self._stream.write(f"{erase}{text}{self._status}")
        self._stream.flush()


def relative(path: Path) -> Path:
    """Return a path relative to the current directory when it is inside it; otherwise unchanged."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
