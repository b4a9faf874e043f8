"""Checks the journal: runs without a live workflow, and the last run of each schedule."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from agent.event_types import schedule_requester
from agent.harness.schema import Status
from runs.doctor.finding import Finding, Level, checked
from runs.journal.reading import Journal
from runs.journal.run import Run
from runs.place.place import Place

_PERIOD = timedelta(days=45)
_NEWEST_RUNS = 20_000
# The workflow reads the journal at most a minute late, and clocks differ.
_LATE = timedelta(minutes=5)
_NAMED = 3


def runs(place: Place, now: datetime) -> Iterator[Finding]:
    """Check the runs of the last 45 days, and each schedule."""
    last: dict[str, Run] = {}
    stuck: list[Run] = []
    for run in itertools.islice(Journal(place).runs(since=now - _PERIOD), _NEWEST_RUNS):
        if run.requested_by is not None:
            last.setdefault(run.requested_by, run)
        if _is_stuck(run, now):
            stuck.append(run)
    yield _stuck(stuck)
    schedules: Mapping[str, str] = place.outputs.get("schedules") or {}
    for name, physical in schedules.items():
        newest = last.get(schedule_requester(name))
        yield from checked(f"schedule {name}", partial(_schedule, place, name, physical, newest))


def _is_stuck(run: Run, now: datetime) -> bool:
    if run.has_ended:
        return False
    limits = [run.deadline_at, run.lease_expires_at if run.status == Status.BUSY else None]
    return any(limit is not None and limit + _LATE < now for limit in limits)


def _stuck(stuck: Sequence[Run]) -> Finding:
    if not stuck:
        return Finding(what="runs", level=Level.OK, found="no run is beyond its deadline or its lease")
    ids = ", ".join(run.session_id[:8] for run in stuck[:_NAMED]) + (" …" if len(stuck) > _NAMED else "")
    return Finding(
        what="runs",
        level=Level.FAIL,
        found=f"{len(stuck)} beyond the deadline or the lease: {ids}",
        remedy=f"nobody watches them: 'runs redrive {stuck[0].session_id[:8]}', or 'runs cancel' and 'runs start'",
    )


def _schedule(place: Place, name: str, physical: str, last: Run | None) -> Iterator[Finding]:
    what = f"schedule {name}"
    group = place.output("schedule_group_name")
    found = place.client("scheduler").get_schedule(GroupName=group, Name=physical)
    outcome = f"last run {last.session_id[:8]} is {last.status}" if last else f"no run in {_PERIOD.days} days"
    if found["State"] != "ENABLED":
        remedy = "set schedulesEnabled in the stack's file, if it should run"
        yield Finding(what=what, level=Level.WARN, found=f"disabled; {outcome}", remedy=remedy)
    elif last is not None and last.status == Status.FAILED:
        remedy = f"'runs show {last.session_id[:8]}' says why"
        yield Finding(what=what, level=Level.WARN, found=outcome, remedy=remedy)
    else:
        when = f"{found['ScheduleExpression']} {found.get('ScheduleExpressionTimezone', 'UTC')}"
        yield Finding(what=what, level=Level.OK, found=f"{when}; {outcome}")
