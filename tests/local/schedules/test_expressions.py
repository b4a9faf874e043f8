"""When schedules are due."""

import itertools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.settings.schedules import schedule_expression
from local.schedules.expressions import next_time

BEGUN = datetime(2026, 11, 1, 8, 30, 20, tzinfo=UTC)  # a Sunday


def due(expression, zone="UTC", *, after=BEGUN, count=3):
    """Return the first times after a moment, as they are read on a wall in the zone."""
    found = []
    while len(found) < count and (after := next_time(expression, zone, after=after, begun_at=BEGUN)) is not None:
        found.append(f"{after.astimezone(ZoneInfo(zone)):%a %Y-%m-%d %H:%M}")
    return found


@pytest.mark.parametrize(
    ("expression", "times"),
    [
        ("cron(0 6 ? * MON *)", ["Mon 2026-11-02 06:00", "Mon 2026-11-09 06:00", "Mon 2026-11-16 06:00"]),
        ("cron(0/15 8-18 ? * MON-FRI *)", ["Mon 2026-11-02 08:00", "Mon 2026-11-02 08:15", "Mon 2026-11-02 08:30"]),
        ("cron(* * * * ? *)", ["Sun 2026-11-01 08:31", "Sun 2026-11-01 08:32", "Sun 2026-11-01 08:33"]),
        ("cron(0 20 L * ? *)", ["Mon 2026-11-30 20:00", "Thu 2026-12-31 20:00", "Sun 2027-01-31 20:00"]),
        ("cron(0 20 LW * ? 2026)", ["Mon 2026-11-30 20:00", "Thu 2026-12-31 20:00"]),
        ("cron(30 7 15W * ? *)", ["Mon 2026-11-16 07:30", "Tue 2026-12-15 07:30", "Fri 2027-01-15 07:30"]),
        ("cron(0 9 1W 5,8 ? 2027)", ["Mon 2027-05-03 09:00", "Mon 2027-08-02 09:00"]),
        ("cron(0 9 31W FEB ? 2027)", ["Fri 2027-02-26 09:00"]),
        ("cron(0 9 ? * 2#1 *)", ["Mon 2026-11-02 09:00", "Mon 2026-12-07 09:00", "Mon 2027-01-04 09:00"]),
        ("cron(0 9 ? * SUN#5 *)", ["Sun 2026-11-29 09:00", "Sun 2027-01-31 09:00", "Sun 2027-05-30 09:00"]),
        ("cron(0 9 ? * 6L *)", ["Fri 2026-11-27 09:00", "Fri 2026-12-25 09:00", "Fri 2027-01-29 09:00"]),
        ("cron(0 9 ? * L *)", ["Sat 2026-11-07 09:00", "Sat 2026-11-14 09:00", "Sat 2026-11-21 09:00"]),
        ("cron(0 22 ? * FRI-SUN *)", ["Sun 2026-11-01 22:00", "Fri 2026-11-06 22:00", "Sat 2026-11-07 22:00"]),
        ("cron(0 0 29 2 ? *)", ["Tue 2028-02-29 00:00", "Sun 2032-02-29 00:00", "Fri 2036-02-29 00:00"]),
        ("cron(0 6 1 1 ? 2026)", []),
        ("at(2026-11-02T06:00:00)", ["Mon 2026-11-02 06:00"]),
        ("at(2026-11-01T06:00:00)", []),
        ("rate(12 hours)", ["Sun 2026-11-01 20:30", "Mon 2026-11-02 08:30", "Mon 2026-11-02 20:30"]),
    ],
)
def test_an_expression_is_due_when_aws_says(expression, times):
    assert schedule_expression(expression) is None
    assert due(expression) == times


def test_a_rate_is_due_at_once_and_then_after_each_period():
    times = [next_time("rate(5 minutes)", "UTC", after=BEGUN + timedelta(seconds=s), begun_at=BEGUN) for s in (-1, 0)]
    assert times == [BEGUN, BEGUN + timedelta(minutes=5)]


def test_a_time_that_the_clocks_skip_is_not_due_and_one_that_they_repeat_is_due_once():
    spring, autumn = datetime(2027, 3, 27, 12, tzinfo=UTC), datetime(2027, 10, 30, 12, tzinfo=UTC)
    daily = "cron(30 2 * * ? *)"
    assert due(daily, "Europe/Berlin", after=spring, count=2) == ["Mon 2027-03-29 02:30", "Tue 2027-03-30 02:30"]
    assert due(daily, "Europe/Berlin", after=autumn, count=2) == ["Sun 2027-10-31 02:30", "Mon 2027-11-01 02:30"]


def test_the_hour_stays_the_same_when_the_clocks_change():
    assert due("cron(0 6 ? * MON *)", "Europe/Berlin", after=datetime(2027, 3, 23, tzinfo=UTC), count=1) == [
        "Mon 2027-03-29 06:00"
    ]
    once = next_time("at(2027-07-01T06:00:00)", "Europe/Berlin", after=BEGUN, begun_at=BEGUN)
    assert once == datetime(2027, 7, 1, 4, tzinfo=UTC)


def fields(low, high):
    """Return a strategy of fields that name some numbers, with these numbers."""
    number = st.integers(low, high)
    step = st.tuples(number, st.integers(1, high)).map(lambda p: (f"{p[0]}/{p[1]}", range(p[0], high + 1, p[1])))
    spans = st.tuples(number, number).map(sorted).map(lambda p: (f"{p[0]}-{p[1]}", range(p[0], p[1] + 1)))
    one = st.one_of(number.map(lambda n: (str(n), [n])), spans, step, st.just(("*", range(low, high + 1))))
    several = st.lists(one, min_size=1, max_size=3)
    return several.map(lambda all_: (",".join(text for text, _ in all_), {n for _, numbers in all_ for n in numbers}))


@pytest.mark.slow
@settings(deadline=None)
@given(
    minutes=fields(0, 59),
    hours=fields(0, 23),
    weekdays=fields(1, 7),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kolkata", "America/New_York"]),
    after=st.integers(0, 2 * 365 * 86_400).map(lambda seconds: BEGUN + timedelta(seconds=seconds)),
)
def test_the_next_time_is_the_first_minute_whose_fields_match(minutes, hours, weekdays, zone, after):
    expression = f"cron({minutes[0]} {hours[0]} ? * {weekdays[0]} *)"
    assert schedule_expression(expression) is None
    found = next_time(expression, zone, after=after, begun_at=after)

    minute = after.replace(second=0, microsecond=0) + timedelta(minutes=1)
    for wait in itertools.count():
        local = (moment := minute + timedelta(minutes=wait)).astimezone(ZoneInfo(zone))
        weekday = local.isoweekday() % 7 + 1
        matches = local.minute in minutes[1] and local.hour in hours[1] and weekday in weekdays[1] and not local.fold
        if matches:
            break
    assert found == moment
