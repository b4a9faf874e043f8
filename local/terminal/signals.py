"""Turn signals into an exception, but only where the main thread waits for work.

A signal handler that raises can interrupt the main thread anywhere. During an import, the interpreter's import lock
would stay held for ever. In a callback of the garbage collector, the exception would be lost.
"""

from __future__ import annotations

import contextlib
import signal
import socket
from concurrent.futures import Future
from types import FrameType, TracebackType
from typing import TypeVar

T = TypeVar("T")

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_DONE = b"\0"


class Interrupted(BaseException):
    """A signal asked the process to end.

    Attributes:
        status: The exit status: 128 plus the signal's number.
    """

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.status = 128 + number


class Signals:
    """A context in which signals interrupt only `result`. After the context, the old handlers are back."""

    def __init__(self) -> None:
        # The interpreter writes one byte for each signal, and `_notify` one for each piece of finished work.
        self._reader, self._writer = socket.socketpair()
        self._writer.setblocking(False)

    def __enter__(self) -> Signals:
        self._before = {number: signal.signal(number, _ignore) for number in _SIGNALS}
        self._descriptor_before = signal.set_wakeup_fd(self._writer.fileno())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.set_wakeup_fd(self._descriptor_before)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._reader.close()

    def result(self, work: Future[T], seconds: float | None = None) -> T:
        """Wait for work of `background.call`, and return its result. Only the main thread may call this.

        Args:
            work: The work. An interruption does not stop it.
            seconds: Time to wait; no limit when None.

        Raises:
            Interrupted: A signal arrived since the context was entered.
            TimeoutError: The work was not done in time.
        """
        work.add_done_callback(self._notify)
        self._reader.settimeout(seconds)
        try:
            while (received := self._reader.recv(1)) != _DONE:
                if received[0] in _SIGNALS:
                    raise Interrupted(received[0])
        except TimeoutError:
            raise TimeoutError(f"The work did not end within {seconds:g} s") from None
        return work.result()

    def _notify(self, _: Future[T]) -> None:
        with contextlib.suppress(BrokenPipeError):  # the reader is closed after an interruption
            self._writer.send(_DONE)


def _ignore(_number: int, _frame: FrameType | None) -> None:
    """Do nothing: a Python handler makes the interpreter write the signal to the wake-up descriptor."""
