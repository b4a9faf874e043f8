"""Progress for people: plain lines that stay, and on a terminal one line that is rewritten as things move on."""

import os
import shutil
import time
from collections.abc import Callable
from typing import TextIO

_ERASE = "\r\x1b[2K"


class Console:
    """Writes lines, each after the seconds that have passed since the console was made.

    Args:
        stream: Where to.
        clock: Seconds that never go backwards.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._began = clock()
        self._is_live = stream.isatty() and os.environ.get("TERM") != "dumb"
        self._status = ""

    @property
    def seconds(self) -> float:
        """The seconds since the console was made."""
        return self._clock() - self._began

    def line(self, text: str) -> None:
        """Writes a line that stays, with the time."""
        self._write(f"{self.seconds:5.1f} s  {text}\n")

    def text(self, text: str) -> None:
        """Writes lines that stay, without the time."""
        self._write(f"{text}\n")

    def status(self, text: str) -> None:
        """Rewrites the last line of a terminal; elsewhere writes nothing."""
        if self._is_live:
            columns = shutil.get_terminal_size().columns
            self._status = f"{self.seconds:5.1f} s  {text}"[: columns - 1]
            self._write("")

    def clear(self) -> None:
        """Takes the rewritten line away."""
        self._status = ""
        self._write("")

    def _write(self, text: str) -> None:
        erase = _ERASE if self._is_live else ""
        self._stream.write(f"{erase}{text}{self._status}")
        self._stream.flush()
