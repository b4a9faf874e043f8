"""Hears the signals that ask a process to end, and tells of them only where the main thread waits for work.

A handler that raises would do so wherever the main thread happens to be. In the middle of an import that leaves the
interpreter's import lock held for ever, and in a callback of the garbage collector the exception is lost.
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
    """A signal asks the process to end.

    Attributes:
        status: The exit status that says so.
    """

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.status = 128 + number


class Signals:
    """Within this context, a signal is kept until `result` is called; further ones do not disturb the ending."""

    def __init__(self) -> None:
        # A byte for each signal, which the interpreter writes in whatever thread the signal arrives, and for each end.
        self._news, self._teller = socket.socketpair()
        self._teller.setblocking(False)

    def __enter__(self) -> Signals:
        self._before = {number: signal.signal(number, _go_on) for number in _SIGNALS}
        self._descriptor_before = signal.set_wakeup_fd(self._teller.fileno())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.set_wakeup_fd(self._descriptor_before)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._news.close()

    def result(self, work: Future[T], seconds: float | None = None) -> T:
        """Wait for what `background.call` was given to do; called by the main thread alone.

        Args:
            work: It goes on after an interruption, until whatever it uses has ended.
            seconds: How long to wait; None waits for ever.

        Raises:
            Interrupted: A signal came, now or since the context was entered.
            TimeoutError: The work is not done in time.
        """
        work.add_done_callback(self._tell)
        self._news.settimeout(seconds)
        try:
            while (news := self._news.recv(1)) != _DONE:
                if news[0] in _SIGNALS:
                    raise Interrupted(news[0])
        except TimeoutError:
            raise TimeoutError(f"The work is not done within {seconds:g} s") from None
        return work.result()

    def _tell(self, _: Future[T]) -> None:
        with contextlib.suppress(BrokenPipeError):  # after an interruption nobody waits any more
            self._teller.send(_DONE)


def _go_on(_number: int, _frame: FrameType | None) -> None:
    """Takes the place of what a signal does by itself."""
