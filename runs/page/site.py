"""The context of all views: the agent's place, the operator, and the frame around each page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from starlette.responses import HTMLResponse

from runs.actions import Actions
from runs.cli.period import parse_period
from runs.conversation import Conversations
from runs.errors import ExitStatus, RunsError
from runs.journal.reading import Journal
from runs.page.filters import Filters
from runs.page.guard import Keys
from runs.page.rendering import render
from runs.page.tally import Tally
from runs.place.place import Place

_HTTP_STATUS = {ExitStatus.USAGE: 400, ExitStatus.DENIED: 403, ExitStatus.NOT_FOUND: 404, ExitStatus.UNAVAILABLE: 503}
_MAX_TALLIES = 16
# How long a run that was requested here may need to appear in the journal, before the page says that it did not.
CLAIM_PERIOD = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Site:
    """The context of all views.

    Attributes:
        place: The agent's place.
        operator: The operator's name, for `requested_by`.
        now: Returns the present time.
        keys: The secrets of this start.
        is_closing: Returns whether the server ends: a stream has to check this.
        conversations: Reads conversations, and keeps what it has read.
        requested: When each run was requested that was requested here, by its id.
    """

    place: Place
    operator: str
    now: Callable[[], datetime]
    keys: Keys
    is_closing: Callable[[], bool]
    conversations: Conversations
    requested: dict[str, datetime] = field(default_factory=dict)
    _tallies: dict[tuple[str, str], Tally] = field(default_factory=dict)

    @property
    def journal(self) -> Journal:
        """The agent's journal."""
        return Journal(self.place)

    @property
    def actions(self) -> Actions:
        """What the operator can do."""
        return Actions(self.place, operator=self.operator)

    def tally(self, filters: Filters) -> Tally:
        """Return the tally of a list's runs by status."""
        key = (filters.since, filters.schedule)
        if key not in self._tallies and len(self._tallies) >= _MAX_TALLIES:
            self._tallies.clear()
        return self._tallies.setdefault(
            key,
            Tally(self.journal, period=parse_period(filters.since), requested_by=filters.requested_by),
        )

    def page(self, template: str, *, title: str, status_code: int = 200, **values: Any) -> HTMLResponse:
        """Return a page in the common frame."""
        page = render(template, title=title, place=self.place, csrf=self.keys.csrf, now=self.now(), **values)
        return HTMLResponse(page, status_code=status_code)

    def problem(self, error: RunsError) -> HTMLResponse:
        """Return a page with an error and its remedy."""
        status_code = _HTTP_STATUS.get(error.status, 500)
        return self.page("problem", title="Problem", status_code=status_code, message=str(error))
