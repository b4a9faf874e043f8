"""Progress on the console: permanent lines, and on a terminal one status line that is rewritten."""

import os
import shutil
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from agent.harness.journal.visible_text import visible
from local.terminal import streams

_ERASE = "\r\x1b[2K"

# A wrapped line continues below its text, behind the time and the name of a phase.
_INDENT = len("  0.0 s  deploy  ")
_NARROWEST = 20


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
        line = f"{self.seconds:5.1f} s  {visible(text, meant='')}"
        self._write(f"{self._wrapped(line, indent=_INDENT)}\n")

    def text(self, text: str) -> None:
        """Write permanent lines without the time."""
        self._write("".join(f"{self._wrapped(visible(line), indent=_indent(line) + 2)}\n" for line in text.split("\n")))

    def verbatim(self, text: str) -> None:
        """Write permanent lines that can be copied: they are never wrapped."""
        self._write(f"{text}\n")

    def status(self, text: str) -> None:
        """Rewrite the status line. Without a terminal, write nothing."""
        if self._is_live:
            columns = shutil.get_terminal_size().columns
            self._status = f"{self.seconds:5.1f} s  {visible(text, meant='')}"[: columns - 1]
            self._write("")

    def clear(self) -> None:
        """Remove the status line."""
        self._status = ""
        self._write("")

    def _write(self, text: str) -> None:
        streams.write(self._stream, f"{text}{self._status}", controls=_ERASE if self._is_live else "")

    def _wrapped(self, line: str, *, indent: int) -> str:
        """Break a line between words when the terminal is narrower; otherwise return it unchanged."""
        columns = shutil.get_terminal_size().columns
        if not self._is_live or len(line) < columns:
            return line
        return textwrap.fill(
            line,
            width=max(columns - 1, indent + _NARROWEST),
            subsequent_indent=" " * indent,
            break_long_words=False,
            break_on_hyphens=False,
            drop_whitespace=True,
        )


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def relative(path: Path) -> Path:
    """Return a path relative to the current directory when it is inside it; otherwise unchanged."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
