"""How AWS is read: a few requests at once, stopped on demand, with what cannot be read noted as a gap."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from botocore.exceptions import ClientError

from agent.analysis.estate import Gap
from agent.tools.clients import CONCURRENCY

Item = TypeVar("Item")
Result = TypeVar("Result")

_OUT_OF_TIME = "the time set aside for reading was over"


class StoppedError(Exception):
    """The run was told to stop."""


class Reading:
    """One run's reading of an account: its stop signal, its time budget, its gaps.

    Args:
        stop: Set when the run must stop soon.
        seconds: How long reading may take altogether.
        monotonic: Seconds of a clock that never goes back.
    """

    def __init__(
        self, *, stop: threading.Event, seconds: float, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._stop = stop
        self._monotonic = monotonic
        self._until = monotonic() + seconds
        self._gaps: set[Gap] = set()
        self._lock = threading.Lock()

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What could not be read so far, in a stable order."""
        with self._lock:
            return tuple(sorted(self._gaps))

    def add(self, *gaps: Gap) -> None:
        """Note gaps, of an earlier process for instance."""
        with self._lock:
            self._gaps.update(gaps)

    def attempt(self, read: Callable[[], Result], *, source: str, region: str, effect: str) -> Result | None:
        """Read something, or note the gap that its refusal leaves.

        Args:
            read: Makes the requests.
            source: The API operation that matters; a gap names the one that was refused.
            region: Where.
            effect: What the report lacks without it.

        Raises:
            StoppedError: If the run was told to stop.
        """
        if self._stop.is_set():
            raise StoppedError("The run was told to stop")
        if self._monotonic() > self._until:
            self.add(Gap(source=source, region=region, reason=_OUT_OF_TIME, effect=effect))
            return None
        try:
            return read()
        except ClientError as error:
            refused = f"{source.partition(':')[0]}:{error.operation_name}"
            self.add(Gap(source=refused, region=region, reason=error.response["Error"]["Code"], effect=effect))
            return None

    def each(
        self, work: Callable[[Item], Result], items: Iterable[Item], *, at_once: int = CONCURRENCY
    ) -> list[Result]:
        """Do the same for many, a few at once, in order."""
        with ThreadPoolExecutor(at_once, thread_name_prefix="reading") as pool:
            return list(pool.map(work, items))
