"""Runs a request that may never end, and gives it up when its time is over."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent import futures
from concurrent.futures import Future
from typing import TypeVar

from agent.harness.task import StoppedError

Result = TypeVar("Result")

# How often the clock and the stop signal are read while a request is under way.
_LOOK_SECONDS = 0.25


class TooLateError(Exception):
    """There was no time to begin a request, or it has not ended in time."""


def finish(request: Callable[[], Result], *, stop: threading.Event, is_late: Callable[[], bool]) -> Result:
    """Return what a request returns, or raise what it raises.

    A request that is given up stays behind in a thread that does not keep the process alive.

    Raises:
        TooLateError: It was late before the request had ended.
        StoppedError: The stop signal was set before the request had ended.
    """
    future: Future[Result] = Future()
    threading.Thread(target=_run, args=(future, request), name="request", daemon=True).start()
    while not futures.wait([future], _LOOK_SECONDS).done:
        if stop.is_set():
            raise StoppedError("The run was stopped while the account was read")
        if is_late():
            raise TooLateError
    return future.result()


def _run(future: Future[Result], request: Callable[[], Result]) -> None:
    try:
        future.set_result(request())
    except BaseException as error:  # noqa: BLE001 (the caller gets whatever was raised)
        future.set_exception(error)
