"""Counts the runs of a period by status, without reading again what cannot change."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta

from agent.harness.schema import Attribute
from runs.journal.reading import Journal

# A run may appear in the journal this long after it was requested: EventBridge repeats the delivery.
_LATE = timedelta(hours=1)
# Runs leave the period all the time, and are counted until then.
_FRESH = timedelta(hours=1)


class Tally:
    """How many runs of a period have each status.

    The first call reads the whole period. A run that has ended does not change, so later calls begin at the oldest
    run that has not.

    Args:
        journal: The journal.
        period: How far back runs count.
        requested_by: Only runs of this requester; all if None.
    """

    def __init__(self, journal: Journal, *, period: timedelta, requested_by: str | None) -> None:
        self._journal = journal
        self._period = period
        self._requested_by = requested_by
        self._lock = threading.Lock()
        self._settled: Counter[str] = Counter()
        self._unsettled_since: datetime | None = None
        self._begun_at: datetime | None = None

    def read(self, now: datetime) -> Mapping[str, int]:
        """Return how many runs have each status."""
        with self._lock:
            if self._begun_at is None or now - self._begun_at > _FRESH:
                self._settled, self._unsettled_since, self._begun_at = Counter(), now - self._period, now
            return self._read(now)

    def _read(self, now: datetime) -> Mapping[str, int]:
        runs = self._journal.runs(
            since=self._unsettled_since,
            requested_by=self._requested_by,
            only=(Attribute.STATUS, Attribute.REQUESTED_AT),
        )
        per_time: dict[datetime | None, Counter[str]] = {}
        # Whole seconds, as in the journal: no run may be counted on both sides.
        oldest = (now - _LATE).replace(microsecond=0)
        for run in runs:
            per_time.setdefault(run.requested_at, Counter())[run.status] += 1
            if not run.has_ended and run.requested_at is not None:
                oldest = min(oldest, run.requested_at)
        recent: Counter[str] = Counter()
        for at, counts in per_time.items():
            (self._settled if at is not None and at < oldest else recent).update(counts)
        assert self._unsettled_since is not None
        self._unsettled_since = max(self._unsettled_since, oldest)
        return self._settled + recent
