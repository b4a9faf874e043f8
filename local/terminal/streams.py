"""Write to standard output and standard error when the reader has left, the disk is full or only ASCII is accepted."""

import codecs
import contextlib
import io
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from agent.harness.journal.visible_text import visible
from local.terminal.exit_status import ExitStatus

# What replaces characters that the encoding of a stream does not have. Any other one becomes a question mark.
_PLAIN = {"→": "->", "·": "-", "…": "...", "–": "-", "—": "-", "×": "x", "’": "'"}  # noqa: RUF001


class OutputError(Exception):
    """The output cannot be written."""


class ReaderGoneError(OutputError):
    """Nobody reads the output any more, as after `| head -1`."""


def write(stream: TextIO, text: str, *, controls: str = "") -> None:
    """Write a text at once. Its hidden characters become visible escapes, so that the terminal does not obey them.

    Args:
        stream: The stream to write to.
        text: The text.
        controls: Control characters of our own, written before the text.

    Raises:
        OutputError: It could not be written.
    """
    try:
        stream.write(f"{controls}{visible(text)}")
        stream.flush()
    except BrokenPipeError:
        raise ReaderGoneError from None
    except OSError as error:
        raise OutputError(
            f"The output cannot be written ({error.strerror}): free some space, or write it to another place"
        ) from None


def guard(command: Callable[[], int]) -> int:
    """Execute a command, and return its exit status, also when its output cannot be written.

    When the reader has left, nothing more is written, and the status is that of a process which SIGPIPE ended.
    """
    _prepare()
    try:
        status = _status(command)
        for stream in (sys.stdout, sys.stderr):
            write(stream, "")
    except ReaderGoneError:
        status = 128 + signal.SIGPIPE
    except OutputError as error:
        status = ExitStatus.NO_OUTPUT
        with contextlib.suppress(OutputError):
            write(sys.stderr, f"{error}\n")
    else:
        return status
    for stream in (sys.stdout, sys.stderr):
        _discard(stream)
    return status


def _status(command: Callable[[], int]) -> int:
    try:
        return command()
    except SystemExit as end:  # argparse ends this way
        return int(end.code or 0)


def _prepare() -> None:
    codecs.register_error("plain", _plain)
    # A stream that is closed (`>&-`) is None.
    sys.stdout = sys.stdout or _nowhere()
    sys.stderr = sys.stderr or _nowhere()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="plain")


def _nowhere() -> TextIO:
    return Path(os.devnull).open("w", encoding="utf-8")


def _discard(stream: TextIO) -> None:
    """Redirect a stream to nowhere: the interpreter flushes it once more when it ends."""
    with contextlib.suppress(OutputError):
        write(stream, "")
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_PLAIN.get(character, "?") for character in error.object[error.start : error.end]), error.end
