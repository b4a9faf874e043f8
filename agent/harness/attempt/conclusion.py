"""The last write of an attempt, and how writes are retried while the lease lasts."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from agent.harness.journal.fenced_item import UNREACHABLE

logger = logging.getLogger(__name__)

Write = Callable[[], None]

_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 10.0


def retry(write: Write, *, lease_seconds: float, monotonic: Callable[[], float]) -> None:
    """Repeat a write until the journal accepts or refuses it, at most for the duration of one lease.

    Args:
        write: The write; safe to repeat.
        lease_seconds: Duration of a lease.
        monotonic: Returns seconds of a clock that never goes back.

    Raises:
        FencedError: The journal refused the write.
        botocore.exceptions.BotoCoreError: The journal was unreachable to the end.
        botocore.exceptions.ClientError: The journal failed to the end.
    """
    until = monotonic() + lease_seconds
    pause = _FIRST_PAUSE_SECONDS
    while True:
        try:
            return write()
        except UNREACHABLE as error:
            if monotonic() + pause > until:
                raise
            logger.warning("The journal is unreachable, retrying in %.1f s: %s", pause, error)
        time.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)


class Conclusion:
    """The one write that concludes an attempt. Two threads may try: the work's and the heartbeat's.

    Args:
        lease_seconds: How long the write is retried.
        monotonic: Returns seconds of a clock that never goes back.
    """

    def __init__(self, *, lease_seconds: float, monotonic: Callable[[], float]) -> None:
        self._lease_seconds = lease_seconds
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._is_over = threading.Event()

    @property
    def is_over(self) -> bool:
        """Whether the attempt writes nothing more."""
        return self._is_over.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait until the attempt is over, at most for some seconds; return whether it is over."""
        return self._is_over.wait(seconds)

    def write_once(self, write: Write) -> None:
        """Conclude the attempt with a write, unless another thread has done so.

        Raises:
            FencedError: The journal refused the write.
            botocore.exceptions.BotoCoreError: The journal was unreachable.
            botocore.exceptions.ClientError: The journal failed.
        """
        with self._lock:
            if not self._is_over.is_set():
                retry(write, lease_seconds=self._lease_seconds, monotonic=self._monotonic)
                self._is_over.set()

    def give_up(self) -> None:
        """End the attempt without a write. Does nothing if it is over."""
        self._is_over.set()
