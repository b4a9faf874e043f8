"""Work beside the main thread, which stays free to hear signals."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


def call(function: Callable[[], T]) -> Future[T]:
    """Calls a function in a thread that holds nobody up: not even the end of the process."""
    future: Future[T] = Future()

    def work() -> None:
        try:
            future.set_result(function())
        except BaseException as error:  # noqa: BLE001 (whoever asks for the result gets it)
            future.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    return future
