"""Show a run as `runs watch` does, until it has ended, its time is over, or a signal ends the command."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

from local.terminal.streams import ReaderGoneError
from runs.cli.screen import Screen
from runs.cli.watching import follow
from runs.place.place import Place
from runs.watching import watch

_EVERY_SECONDS = 0.2
# Longer than one look at the run takes.
_STOP_SECONDS = 5.0


class StoppedError(Exception):
    """The command ends, so that nothing more may be shown."""


class Following:
    """Shows one run. Another thread may stop it.

    Args:
        screen: Where to show it.
    """

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._stopping, self._is_idle = threading.Event(), threading.Event()
        self._is_idle.set()

    def show(self, place: Place, session_id: str, *, seconds: float) -> None:
        """Show a run until it has ended.

        Raises:
            StoppedError: It was stopped.
            TimeoutError: It has not ended in time.
            OutputError: Nobody reads the output any more.
        """
        deadline = time.monotonic() + seconds

        def pause(duration: float) -> None:
            if self._stopping.wait(duration):
                raise StoppedError
            if time.monotonic() > deadline:
                raise TimeoutError(f"Run {session_id} has not ended within {seconds:g} s")

        self._is_idle.clear()
        try:
            looks = watch(place, session_id, every=_EVERY_SECONDS, sleep=pause)
            follow(self._screen, looks, now=lambda: datetime.now(UTC))
        except BrokenPipeError:
            raise ReaderGoneError from None
        finally:
            self._is_idle.set()

    def stop(self) -> None:
        """Let go of the terminal: a view that is redrawn has hidden the cursor."""
        self._stopping.set()
        self._is_idle.wait(_STOP_SECONDS)
