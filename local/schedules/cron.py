"""The fields of cron(…), with the wildcards of EventBridge Scheduler."""

from __future__ import annotations

import calendar
from collections.abc import Set
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from components.settings.schedules import CRON_NAMES, CRON_NUMBERS

_SATURDAY = 7
_DAYS_OF_WEEK = 7


@dataclass(frozen=True, kw_only=True)
class Cron:
    """A parsed expression. Times are those of a clock on the wall, without a zone.

    Attributes:
        minutes: Minutes of an hour.
        hours: Hours of a day.
        months: Months of a year, from 1.
        years: The years.
        days_of_month: The field as it is written: which days it names depends on the month.
        days_of_week: The same.
    """

    minutes: Set[int]
    hours: Set[int]
    months: Set[int]
    years: Set[int]
    days_of_month: str
    days_of_week: str

    @classmethod
    def parse(cls, body: str) -> Cron:
        """Return the expression between the parentheses of a valid cron(…)."""
        minutes, hours, days_of_month, months, days_of_week, years = body.split()
        return cls(
            minutes=_numbers("minutes", minutes),
            hours=_numbers("hours", hours),
            months=_numbers("month", months),
            years=_numbers("year", years),
            days_of_month=days_of_month,
            days_of_week=days_of_week,
        )

    def has_day(self, day: date) -> bool:
        """Return whether the expression is due on a day."""
        if day.year not in self.years or day.month not in self.months:
            return False
        if self.days_of_month == "?":
            return day.day in _days_of_week(self.days_of_week, day.year, day.month)
        return day.day in _days_of_month(self.days_of_month, day.year, day.month)


@lru_cache
def _days_of_month(field: str, year: int, month: int) -> Set[int]:
    """Return the days that a field `day of month` names in a month."""
    length = calendar.monthrange(year, month)[1]
    found: set[int] = set()
    for part in field.split(","):
        if part.endswith("W"):
            wanted = length if part == "LW" else min(length, int(part.removesuffix("W")))
            found.add(_nearest_working_day(date(year, month, wanted), length))
        else:
            found |= {length} if part == "L" else _numbers("day of month", part)
    return found


def _nearest_working_day(day: date, length: int) -> int:
    """Return the working day of the same month that is nearest to a day."""
    if day.weekday() == calendar.SATURDAY:
        return day.day - 1 if day.day > 1 else day.day + 2
    if day.weekday() == calendar.SUNDAY:
        return day.day + 1 if day.day < length else day.day - 2
    return day.day


@lru_cache
def _days_of_week(field: str, year: int, month: int) -> Set[int]:
    """Return the days that a field `day of week` names in a month."""
    found: set[int] = set()
    for part in field.split(","):
        if "#" in part:
            weekday, _, week = part.partition("#")
            found |= set(_days_on(_number("day of week", weekday), year, month)[int(week) - 1 : int(week)])
        elif part.endswith("L") and part != "L":
            found.add(_days_on(_number("day of week", part.removesuffix("L")), year, month)[-1])
        else:
            wanted = {_SATURDAY} if part == "L" else _numbers("day of week", part)
            found |= {day for number in wanted for day in _days_on(number, year, month)}
    return found


def _days_on(number: int, year: int, month: int) -> list[int]:
    """Return the days of a month that are a day of the week, from 1 for Sunday."""
    first = date(year, month, 1)
    to_first = (number - 1 - first.isoweekday()) % _DAYS_OF_WEEK
    begin = first + timedelta(days=to_first)
    return list(range(begin.day, calendar.monthrange(year, month)[1] + 1, _DAYS_OF_WEEK))


def _numbers(name: str, field: str) -> Set[int]:
    """Return the numbers of a field without letters for days. A range whose end is smaller goes round."""
    low, high = CRON_NUMBERS[name]
    found: set[int] = set()
    for part in field.split(","):
        base, slash, step = part.partition("/")
        first, dash, last = base.partition("-")
        begin = low if first == "*" else _number(name, first)
        end = _number(name, last) if dash else high if slash or first == "*" else begin
        numbers = range(begin, (end if begin <= end else end + high - low + 1) + 1, int(step or 1))
        found |= {low + (number - low) % (high - low + 1) for number in numbers}
    return found


def _number(name: str, text: str) -> int:
    names = CRON_NAMES.get(name, ())
    return names.index(text) + 1 if text in names else int(text)
