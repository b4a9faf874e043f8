"""Makes read requests to AWS: a few at once, within time budgets. What cannot be read becomes a gap.

There are three limits of time: for one request with its repetitions, for one stage, and for all reading of a run.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TypeVar

from botocore import exceptions
from botocore.exceptions import ClientError

from agent.analyst.account.clients import CONCURRENCY
from agent.analyst.account.gap_list import NO_RESPONSE, OUT_OF_TIME, UNREACHABLE, GapList
from agent.analyst.account.unattended import TooLateError, finish
from agent.analyst.analysis.estate import Gap
from agent.harness.task import StoppedError

Item = TypeVar("Item")
Result = TypeVar("Result")

# For one request with its repetitions. A full GetMetricData takes a few seconds, and repetitions after throttling take
# half a minute. Who needs longer would not answer in time for the rest of the stage.
REQUEST_SECONDS = 60.0
# Somebody watches the run, and a line of progress costs a write to the journal.
_PROGRESS_SECONDS = 10.0

_NO_RESPONSE_ERRORS = (exceptions.ReadTimeoutError, exceptions.ConnectTimeoutError, exceptions.ConnectionClosedError)
_UNREACHABLE_ERRORS = (
    exceptions.HTTPClientError,
    exceptions.ConnectionError,
    exceptions.UnknownEndpointError,
    exceptions.UnknownRegionError,
)


class _UnreadError(Exception):
    """Something could not be read."""

    def __init__(self, operation: str, reason: str) -> None:
        super().__init__(operation, reason)
        self.operation = operation
        self.reason = reason


class Reading:
    """The read requests of one run: their stop signal, their time budget and their gaps.

    Args:
        stop: Set when the run must stop.
        seconds: Time budget for all reading.
        monotonic: Returns the seconds of a monotonic clock.
        count_metrics: Takes how many metrics a request asks CloudWatch for.
        count_cost_queries: Takes how many requests are made to Cost Explorer.
        report_progress: Called with one short line while many items are read.
    """

    def __init__(
        self,
        *,
        stop: threading.Event,
        seconds: float,
        monotonic: Callable[[], float] = time.monotonic,
        count_metrics: Callable[[int], None] = lambda _: None,
        count_cost_queries: Callable[[int], None] = lambda _: None,
        report_progress: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.count_metrics = count_metrics
        self.count_cost_queries = count_cost_queries
        self._stop = stop
        self._monotonic = monotonic
        self._report_progress = report_progress
        self._until = monotonic() + seconds
        self._gaps = GapList()

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Return what could not be read so far, in a stable order."""
        return self._gaps.all()

    def add(self, gap: Gap, about: Collection[str] = ()) -> None:
        """Add a gap; `about` has the names of the affected functions, or none if all of the region are affected."""
        self._gaps.add(gap, about)

    @contextlib.contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Give a stage its own time budget, within that of all reading. Stages follow one another."""
        before = self._until
        self._until = min(before, self._monotonic() + seconds)
        try:
            yield
        finally:
            self._until = before

    def attempt(
        self, read: Callable[[], Result], *, source: str, region: str, effect: str, about: Collection[str] = ()
    ) -> Result | None:
        """Read something; if AWS refuses, does not respond, or time is used up, add a gap and return None.

        Args:
            read: Makes the requests.
            source: The main API operation. A gap names the operation that failed.
            region: The region.
            effect: What is missing in the report as a result.
            about: Names of the affected functions; empty if all of the region are affected.

        Raises:
            StoppedError: The run must stop.
        """
        try:
            return self._read(read, source)
        except _UnreadError as error:
            self.add(Gap(source=error.operation, region=region, reason=error.reason, effect=effect), about)
            return None

    def pages(
        self,
        pages: Iterable[Item],
        *,
        source: str,
        region: str,
        effect: str,
        missing: Callable[[Sequence[Item]], Collection[str]] = lambda _: (),
    ) -> tuple[Sequence[Item], bool]:
        """Read pages one after another; return them up to the first that cannot be read, and whether these are all.

        Args:
            pages: Makes a request for each page.
            source: The API operation.
            region: The region.
            effect: What is missing in the report without the other pages.
            missing: Returns the names of the functions that are affected, from the pages that could be read.

        Raises:
            StoppedError: The run must stop.
        """
        iterator, found = iter(pages), list[Item]()
        try:
            while page := self._read(lambda: list(itertools.islice(iterator, 1)), source):
                found += page
        except _UnreadError as error:
            self.add(Gap(source=error.operation, region=region, reason=error.reason, effect=effect), missing(found))
            return found, False
        return found, True

    def _read(self, read: Callable[[], Result], source: str) -> Result:
        if self._stop.is_set():
            raise StoppedError("The run was stopped while the account was read")
        now = self._monotonic()
        if now >= self._until:
            raise _UnreadError(source, OUT_OF_TIME)
        until = min(self._until, now + REQUEST_SECONDS)
        try:
            return finish(read, stop=self._stop, is_late=lambda: self._monotonic() >= until)
        except ClientError as error:
            operation = f"{source.partition(':')[0]}:{error.operation_name}"
            raise _UnreadError(operation, error.response["Error"]["Code"]) from error
        except TooLateError as error:
            raise _UnreadError(source, OUT_OF_TIME if self._monotonic() >= self._until else NO_RESPONSE) from error
        except _NO_RESPONSE_ERRORS as error:
            raise _UnreadError(source, NO_RESPONSE) from error
        except _UNREACHABLE_ERRORS as error:
            raise _UnreadError(source, UNREACHABLE) from error

    def each(
        self, work: Callable[[Item], Result], items: Iterable[Item], *, at_once: int = CONCURRENCY, doing: str = ""
    ) -> list[Result]:
        """Apply a function to items, a few at once, and return the results in order.

        Args:
            work: The function.
            items: The items.
            at_once: The most items at once.
            doing: What is done, for a line of progress now and then; empty for none.
        """
        with ThreadPoolExecutor(at_once, thread_name_prefix="reading") as pool:
            works = [pool.submit(work, item) for item in items]
            reported = self._monotonic()
            for done, _ in enumerate(as_completed(works), start=1):
                if doing and self._monotonic() - reported >= _PROGRESS_SECONDS:
                    reported = self._monotonic()
                    self._report_progress(f"{doing}: {done:,} of {len(works):,}")
        return [work.result() for work in works]
