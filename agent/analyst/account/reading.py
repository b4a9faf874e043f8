"""How AWS is read: a few requests at once, stopped on demand, with what cannot be read noted as a gap."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TypeVar

from botocore.exceptions import ClientError

from agent.analyst.account.clients import CONCURRENCY
from agent.analyst.analysis.estate import Gap
from agent.harness.task import StoppedError

Item = TypeVar("Item")
Result = TypeVar("Result")

_OUT_OF_TIME = "the time set aside for reading was over"

# Reasons, most in AWS's words, that have to do with the moment and not with the account.
_PASSING = frozenset(
    {
        _OUT_OF_TIME,
        "InternalError",
        "InternalFailure",
        "InternalServiceError",
        "InternalServiceFault",
        "PartialData",
        "RequestLimitExceeded",
        "ServiceException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)


def passes(gap: Gap) -> bool:
    """Whether a later attempt may find what this one could not read."""
    return gap.reason in _PASSING


@dataclass
class _Extent:
    """How much a gap is about."""

    region: bool = False
    earlier: int = 0
    functions: set[str] = field(default_factory=set)

    @property
    def count(self) -> int | None:
        return None if self.region else max(self.earlier, len(self.functions))


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
        self._gaps: defaultdict[Gap, _Extent] = defaultdict(_Extent)
        self._lock = threading.Lock()

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What could not be read so far, in a stable order."""
        with self._lock:
            return tuple(sorted(replace(gap, functions=extent.count) for gap, extent in self._gaps.items()))

    def add(self, gap: Gap, about: Collection[str] = ()) -> None:
        """Note a gap; those that differ only in their functions become one, which counts each function once.

        Args:
            gap: One that was just found, or one of an earlier process: the functions of that are taken for the same
                ones, since only their number is known.
            about: Names of functions; none where it is about all of the region.
        """
        with self._lock:
            extent = self._gaps[replace(gap, functions=None)]
            extent.functions.update(about)
            extent.earlier = max(extent.earlier, gap.functions or 0)
            extent.region = extent.region or (gap.functions is None and not about)

    def attempt(
        self, read: Callable[[], Result], *, source: str, region: str, effect: str, about: Collection[str] = ()
    ) -> Result | None:
        """Read something, or note the gap that its refusal leaves.

        Args:
            read: Makes the requests.
            source: The API operation that matters; a gap names the one that was refused.
            region: Where.
            effect: What the report lacks without it.
            about: Names of the functions that lack it; none for all of the region.

        Raises:
            StoppedError: If the run was told to stop.
        """
        if self._stop.is_set():
            raise StoppedError("The run was told to stop")
        if self._monotonic() > self._until:
            self.add(Gap(source=source, region=region, reason=_OUT_OF_TIME, effect=effect), about)
            return None
        try:
            return read()
        except ClientError as error:
            refused = f"{source.partition(':')[0]}:{error.operation_name}"
            self.add(Gap(source=refused, region=region, reason=error.response["Error"]["Code"], effect=effect), about)
            return None

    def each(
        self, work: Callable[[Item], Result], items: Iterable[Item], *, at_once: int = CONCURRENCY
    ) -> list[Result]:
        """Do the same for many, a few at once, in order."""
        with ThreadPoolExecutor(at_once, thread_name_prefix="reading") as pool:
            return list(pool.map(work, items))
