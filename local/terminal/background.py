"""Work in a background thread, so that the main thread can handle signals."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


def call(function: Callable[[], T]) -> Future[T]:
    """Call a function in a daemon thread, and return the future of its result."""
    future: Future[T] = Future()

    def work() -> None:
        try:
            future.set_result(function())
        except BaseException as error:  # noqa: BLE001 (`Future.result` raises it again)
            future.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    return future
