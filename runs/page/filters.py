"""The filters of a list. They are in its address, so an operator can send a view to a colleague."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from agent.event_types import schedule_requester
from runs.cli import text
from runs.cli.period import parse_period
from runs.errors import RunsError
from runs.journal.reading import Journal
from runs.journal.run import Run

PAGE_SIZE = 50
PERIODS = {
    "24h": "last 24 hours",
    "7d": "last 7 days",
    "30d": "last 30 days",
    "13w": "last 13 weeks",
    "52w": "last year",
}
# A search reads the runs themselves, so only this many of the newest.
SEARCHED_RUNS = 20_000
_MAX_SEARCH = 200
_MAX_PAGE = 10_000


@dataclass(frozen=True, kw_only=True)
class Filters:
    """The filters in the address of a list.

    Attributes:
        status: Only runs with this status, by its word, such as `failed`; all if empty.
        schedule: Only runs of this schedule; all if empty.
        since: How far back, such as `30d`.
        search: Only runs in whose id, requester, prompt or outcome this text is; all if empty.
        page: The page's number, from 1.
    """

    status: str = ""
    schedule: str = ""
    since: str = "30d"
    search: str = ""
    page: int = 1

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Filters:
        """Return the filters of an address.

        Raises:
            RunsError: The address has a value that no filter has.
        """
        status, page = query.get("status", ""), query.get("page", "1")
        if status and status not in text.STATUSES:
            raise RunsError(f"There is no status {status!r}: choose one of {', '.join(text.STATUSES)}")
        if not (page.isascii() and page.isdecimal() and 1 <= int(page) <= _MAX_PAGE):
            raise RunsError(f"There is no page {page!r}: pages are numbered from 1")
        found = cls(
            status=status,
            schedule=query.get("schedule", ""),
            since=query.get("since") or cls.since,
            search=query.get("search", "").strip()[:_MAX_SEARCH],
            page=int(page),
        )
        parse_period(found.since)
        return found

    @property
    def requested_by(self) -> str | None:
        """The requester of the runs."""
        return schedule_requester(self.schedule) if self.schedule else None

    def address(self, path: str = "/", **changes: Any) -> str:
        """Return the address of the list with changed filters: of its first page, if none is named."""
        new = replace(self, **{"page": 1, **changes})
        values = {name: value for name, value in vars(new).items() if value != getattr(Filters, name)}
        return path + (f"?{urlencode(values)}" if values else "")

    def read(self, journal: Journal, now: datetime) -> tuple[list[Run], bool]:
        """Return the runs of the page, the newest first, and whether there are more."""
        start = (self.page - 1) * PAGE_SIZE
        found = list(itertools.islice(self._matching(journal, now), start, start + PAGE_SIZE + 1))
        return found[:PAGE_SIZE], len(found) > PAGE_SIZE

    def matches(self, run: Run) -> bool:
        """Return whether the search finds a run."""
        texts = (run.session_id, run.requested_by or "", run.prompt or "", text.outcome(run))
        return any(self.search.casefold() in one.casefold() for one in texts)

    def _matching(self, journal: Journal, now: datetime) -> Iterator[Run]:
        # If DynamoDB has nothing to filter, it reads no more than the page needs.
        is_plain = not (self.status or self.schedule or self.search)
        runs = journal.runs(
            since=now - parse_period(self.since),
            status=text.STATUSES.get(self.status),
            requested_by=self.requested_by,
            page_size=min(self.page * PAGE_SIZE + 1, 1_000) if is_plain else None,
        )
        if not self.search:
            return runs
        return (run for run in itertools.islice(runs, SEARCHED_RUNS) if self.matches(run))
