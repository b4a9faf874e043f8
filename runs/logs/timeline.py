"""What the agent, the functions and the workflow of a run have logged, as one timeline."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from runs.execution import LOOK, WAIT
from runs.journal.reading import Journal
from runs.journal.run import Run
from runs.logs.line import WORKFLOW, LogLine, event_text, line_of
from runs.place.place import Place

# Log groups are read from the request until some time after the end: clocks differ, and a function stops the session.
_BEFORE = timedelta(minutes=1)
_AFTER = timedelta(minutes=5)
# FilterLogEvents may return empty pages while it searches. A run normally needs a few.
_MAX_PAGES = 200
# Lines become visible some seconds after they were written.
_LATE = timedelta(seconds=15)


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """Lines of a run's logs, oldest first.

    Attributes:
        lines: The lines.
        is_cut: Whether there are more lines.
    """

    lines: Sequence[LogLine]
    is_cut: bool


class Logs:
    """The logs of one agent's runs.

    Args:
        place: The agent's place.

    Raises:
        RunsError: The stack's outputs do not name the log groups.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._groups: Mapping[str, str] = place.output("log_group_names")

    def read(self, run: Run, *, now: datetime, since: datetime | None = None, limit: int = 1000) -> Timeline:
        """Return a run's lines of all logs, oldest first.

        Args:
            run: The run.
            now: The present time.
            since: Only lines that were written at this time or later; all of the run's if None.
            limit: At most this many lines; the first ones of the period.
        """
        requested_at = run.requested_at or run.started_at or now
        begin = max(filter(None, (requested_at - _BEFORE, since)))
        end = min(now, run.finished_at + _AFTER) if run.finished_at else now
        found, is_cut = list(self._workflow(run, begin)), False
        for source, group in self._groups.items():
            lines, more = self._group(source, group, run.session_id, begin, end, limit)
            found += lines
            is_cut |= more
        found.sort(key=lambda line: (line.at, line.identity))
        return Timeline(lines=found[:limit], is_cut=is_cut or len(found) > limit)

    def follow(
        self,
        session_id: str,
        *,
        now: Callable[[], datetime],
        every: float = 2.0,
        limit: int = 1000,
        sleep: Callable[[float], None] = time.sleep,
    ) -> Iterator[LogLine]:
        """Yield a run's lines as they become visible, until the run has ended.

        Args:
            session_id: The run's id.
            now: Returns the present time.
            every: Seconds between two reads.
            limit: At most this many lines of one read.
            sleep: Waits for some seconds.
        """
        journal = Journal(self._place)
        since: datetime | None = None
        # Only of the period that is read again.
        known: dict[str, datetime] = {}
        ended_at: datetime | None = None
        while True:
            run = journal.get(session_id)
            timeline = self.read(run, now=now(), since=since, limit=limit)
            new = [line for line in timeline.lines if line.identity not in known]
            yield from new
            if timeline.lines:
                newest = timeline.lines[-1].at
                # After a full read, the next one continues at its end; otherwise it searches for late lines again.
                since = newest if timeline.is_cut and new else max(since or newest - _LATE, newest - _LATE)
                known = {line.identity: line.at for line in timeline.lines if line.at >= since}
            ended_at = ended_at or (now() if run.has_ended else None)
            if ended_at is not None and not (timeline.is_cut and new) and now() - ended_at >= _LATE:
                return
            if not (timeline.is_cut and new):
                sleep(every)

    def _group(
        self, source: str, group: str, session_id: str, begin: datetime, end: datetime, limit: int
    ) -> tuple[list[LogLine], bool]:
        client = self._place.client("logs")
        pages = client.get_paginator("filter_log_events").paginate(
            logGroupName=group,
            startTime=_milliseconds(begin),
            endTime=_milliseconds(end) + 1,
            # In quotes, the id is one term; every line of a run contains it.
            filterPattern=f'"{session_id}"',
        )
        found: list[LogLine] = []
        for number, page in enumerate(pages, 1):
            found += [line_of(source, event) for event in page["events"]]
            if len(found) >= limit or number == _MAX_PAGES:
                return found[:limit], len(found) > limit or "nextToken" in page
        return found, False

    def _workflow(self, run: Run, begin: datetime) -> Iterator[LogLine]:
        """Yield the states of the execution, from its history: it is there at once, and needs no log group.

        Of waiting and looking, again and again, only the first state is a line: hundreds would hide all others.
        """
        if run.execution_arn is None:
            return
        client = self._place.client("stepfunctions")
        pages = client.get_paginator("get_execution_history").paginate(
            executionArn=run.execution_arn, includeExecutionData=False
        )
        try:
            was_watching = False
            for event in (event for page in pages for event in page["events"]):
                at = event["timestamp"].astimezone(UTC)
                text = event_text(event)
                is_repeated = was_watching and text in (*WAIT, *LOOK)
                was_watching = text in (*WAIT, *LOOK) if text is not None else was_watching
                if text is not None and not is_repeated and at >= begin:
                    level = "ERROR" if event["type"].endswith(("Failed", "TimedOut", "Aborted")) else None
                    yield LogLine(identity=f"workflow-{event['id']}", at=at, source=WORKFLOW, level=level, text=text)
        except client.exceptions.ExecutionDoesNotExist:
            return


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
