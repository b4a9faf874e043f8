"""Makes read requests to AWS: a few at once, within a time budget. What cannot be read becomes a gap."""

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

_OUT_OF_TIME = "the time budget for reading was used up"

# Reasons that do not depend on the account, most of them AWS's error codes: a later attempt may succeed.
_TRANSIENT_REASONS = frozenset(
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


def is_transient(gap: Gap) -> bool:
    """Return whether a later attempt may be able to read what is missing."""
    return gap.reason in _TRANSIENT_REASONS


@dataclass
class _Extent:
    """The functions that a gap affects."""

    region: bool = False
    earlier: int = 0
    functions: set[str] = field(default_factory=set)

    @property
    def count(self) -> int | None:
        return None if self.region else max(self.earlier, len(self.functions))


class Reading:
    """The read requests of one run: their stop signal, their time budget and their gaps.

    Args:
        stop: Set when the run must stop.
        seconds: Time budget for all reading.
        monotonic: Returns the seconds of a monotonic clock.
        count_metrics: Takes how many metrics a request asks CloudWatch for.
    """

    def __init__(
        self,
        *,
        stop: threading.Event,
        seconds: float,
        monotonic: Callable[[], float] = time.monotonic,
        count_metrics: Callable[[int], None] = lambda _: None,
    ) -> None:
        self.count_metrics = count_metrics
        self._stop = stop
        self._monotonic = monotonic
        self._until = monotonic() + seconds
        self._gaps: defaultdict[Gap, _Extent] = defaultdict(_Extent)
        self._lock = threading.Lock()

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Return what could not be read so far, in a stable order."""
        with self._lock:
            return tuple(sorted(replace(gap, functions=extent.count) for gap, extent in self._gaps.items()))

    def add(self, gap: Gap, about: Collection[str] = ()) -> None:
        """Add a gap. Gaps that differ only in their functions become one, which counts each function once.

        Args:
            gap: A new gap, or a gap of an earlier attempt. Of the latter only the number of functions is known; they
                are assumed to be the same functions.
            about: Names of the affected functions; empty if all of the region are affected.
        """
        with self._lock:
            extent = self._gaps[replace(gap, functions=None)]
            extent.functions.update(about)
            extent.earlier = max(extent.earlier, gap.functions or 0)
            extent.region = extent.region or (gap.functions is None and not about)

    def attempt(
        self, read: Callable[[], Result], *, source: str, region: str, effect: str, about: Collection[str] = ()
    ) -> Result | None:
        """Read something; if AWS refuses or the time budget is used up, add a gap and return None.

        Args:
            read: Makes the requests.
            source: The main API operation. A gap names the operation that failed.
            region: The region.
            effect: What is missing in the report as a result.
            about: Names of the affected functions; empty if all of the region are affected.

        Raises:
            StoppedError: The run must stop.
        """
        if self._stop.is_set():
            raise StoppedError("The run was stopped while the account was read")
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
        """Apply a function to items, a few at once, and return the results in order."""
        with ThreadPoolExecutor(at_once, thread_name_prefix="reading") as pool:
            return list(pool.map(work, items))
