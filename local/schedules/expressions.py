"""When a schedule is due, by the rules of EventBridge Scheduler.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from local.schedules.cron import Cron

_UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}


def next_time(expression: str, zone: str, *, after: datetime, begun_at: datetime) -> datetime | None:
    """Return the first time later than a moment at which a schedule is due; None if there is none.

    A time that does not exist because clocks are put forward is skipped. A time that exists twice because they are put
    back counts once.

    Args:
        expression: at(…), rate(…) or cron(…), as `components/settings/schedules.py` accepts them.
        zone: IANA name of the expression's time zone.
        after: The moment.
        begun_at: When AWS accepted the schedule: rate(…) is due then, and after each period.

    Returns:
        A time in UTC.
    """
    kind, _, rest = expression.partition("(")
    body = rest.removesuffix(")")
    if kind == "at":
        once = datetime.fromisoformat(body).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        return once if once > after else None
    if kind == "rate":
        number, unit = body.split()
        period = int(number) * _UNITS[unit.removesuffix("s")]
        return begun_at if begun_at > after else begun_at + ((after - begun_at) // period + 1) * period
    return next((moment for moment in _cron_times(Cron.parse(body), ZoneInfo(zone), after) if moment > after), None)


def _cron_times(cron: Cron, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """Yield the times of an expression in UTC, from the day of a moment on."""
    first = after.astimezone(zone).date()
    days = (date.fromordinal(ordinal) for ordinal in itertools.count(first.toordinal()))
    for day in itertools.takewhile(lambda day: day.year <= max(cron.years), days):
        if cron.has_day(day):
            for hour, minute in itertools.product(sorted(cron.hours), sorted(cron.minutes)):
                local = datetime.combine(day, time(hour, minute), tzinfo=zone)
                moment = local.astimezone(UTC)
                if moment.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
                    yield moment
