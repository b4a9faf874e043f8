"""The schedules of a stack: what one consists of, and the checks of its values."""

# Annotations are evaluated here, because the schema of the component package is derived from them.
import difflib
import re
import zoneinfo
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from components.settings import checks
from components.settings.problems import Finding
from components.settings.setting import setting

_NAME = re.compile(r"[a-z][a-z0-9-]{0,29}")

_LONGEST_WINDOW_MINUTES = 1_440

CRON_NUMBERS = {
    "minutes": (0, 59),
    "hours": (0, 23),
    "day of month": (1, 31),
    "month": (1, 12),
    "day of week": (1, 7),
    "year": (1970, 2199),
}
CRON_NAMES = {
    "month": ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"),
    "day of week": ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"),
}

schedule_name = checks.matches(
    _NAME,
    rule="it must begin with a lower-case letter and contain at most 30 lower-case letters, digits and hyphens",
    remedy="Choose a short name such as weekly",
)


def time_zone(value: str) -> Finding | None:
    """Check that a text is a name of the IANA time zone database."""
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        near = difflib.get_close_matches(value, zoneinfo.available_timezones(), n=1)
        return Finding(
            rule="it must be a name of the IANA time zone database",
            remedy=f"Did you mean {near[0]}?" if near else "Write a name such as Europe/Berlin or UTC",
        )
    return None


def schedule_expression(value: str) -> Finding | None:
    """Check that a text is an expression of EventBridge Scheduler: at(…), rate(…) or cron(…)."""
    kind, _, rest = value.partition("(")
    body = rest.removesuffix(")")
    if rest.endswith(")") and kind == "at":
        return (
            None
            if _time(body)
            else Finding(rule="at() takes a date and a time", remedy="Write at(2030-01-31T06:00:00)")
        )
    if rest.endswith(")") and kind == "rate":
        valid = re.fullmatch(r"[1-9]\d* (minutes?|hours?|days?)", body)
        return None if valid else Finding(rule="rate() takes a number and a unit", remedy="Write rate(12 hours)")
    if rest.endswith(")") and kind == "cron":
        return _cron(body)
    return Finding(rule="it must be at(…), rate(…) or cron(…)", remedy="Write for example cron(0 6 ? * MON *)")


def in_the_past(expression: str, zone: str, now: datetime) -> Finding | None:
    """Check that an expression can still request a run: at(…) in the past never does.

    Args:
        expression: An expression of EventBridge Scheduler.
        zone: IANA name of its time zone.
        now: The present time, with a time zone.
    """
    once = _time(expression.removeprefix("at(").removesuffix(")")) if expression.startswith("at(") else None
    if once is None or once.replace(tzinfo=zoneinfo.ZoneInfo(zone)) > now:
        return None
    return Finding(
        rule=f"this time is past, because it is {now.astimezone(zoneinfo.ZoneInfo(zone)):%Y-%m-%dT%H:%M:%S} in {zone}",
        remedy="Remove the schedule, or write a later time",
    )


def _time(body: str) -> datetime | None:
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", body):
        return None
    try:
        return datetime.fromisoformat(body)
    except ValueError:
        return None


def _cron(body: str) -> Finding | None:
    values = body.split()
    if len(values) != len(CRON_NUMBERS):
        return Finding(
            rule=f"cron() takes six fields ({', '.join(CRON_NUMBERS)}), and this one has {len(values)}",
            remedy="Write for example cron(0 6 ? * MON *)",
        )
    for name, value in zip(CRON_NUMBERS, values, strict=True):
        if not all(_cron_part(name, part) for part in value.split(",")):
            low, high = CRON_NUMBERS[name]
            return Finding(
                rule=f"the field '{name}' of cron() is '{value}'",
                remedy=f"Use numbers from {low} to {high}, or a wildcard that is allowed in this field",
            )
    if (values[2] == "?") == (values[4] == "?"):
        return Finding(
            rule="exactly one of day of month and day of week must be '?'",
            remedy="Put '?' where the day does not matter, as in cron(0 6 ? * MON *)",
        )
    return None


def _cron_part(name: str, part: str) -> bool:
    if part in {"*", "?"}:
        return part == "*" or name in {"day of month", "day of week"}
    if name == "day of month" and part in {"L", "LW"}:
        return True
    if name == "day of month" and part.endswith("W"):
        return _cron_value(name, part.removesuffix("W"))
    if name == "day of week" and part.endswith("L"):
        return part == "L" or _cron_value(name, part.removesuffix("L"))
    if name == "day of week" and "#" in part:
        day, _, week = part.partition("#")
        return _cron_value(name, day) and week in {"1", "2", "3", "4", "5"}
    base, slash, step = part.partition("/")
    if slash and not (step.isdecimal() and int(step) > 0):
        return False
    first, dash, last = base.partition("-")
    if dash:
        return _cron_value(name, first) and _cron_value(name, last)
    return base == "*" or _cron_value(name, base)


def _cron_value(name: str, text: str) -> bool:
    low, high = CRON_NUMBERS[name]
    return text in CRON_NAMES.get(name, ()) or (text.isdecimal() and low <= int(text) <= high)


class Overlap(StrEnum):
    """What happens when a schedule is due and its last run has not ended."""

    ALLOW = "allow"
    SKIP = "skip"
    CANCEL_OLD = "cancelOld"


@dataclass(frozen=True, kw_only=True)
class ScheduleSettings:
    """One schedule that requests a run."""

    name: str = field(metadata=setting("Unique within the stack.", check=schedule_name))
    expression: str = field(
        metadata=setting(
            "at(…), rate(…) or cron(…), in the syntax of EventBridge Scheduler.", check=schedule_expression
        )
    )
    time_zone: str = field(default="UTC", metadata=setting("IANA name of the expression's time zone.", check=time_zone))
    prompt: str | None = field(
        default=None, metadata=setting("What the agent is asked. The default is the stack's default prompt.")
    )
    flexible_window_minutes: int = field(
        default=0,
        metadata=setting(
            "The run may start up to this many minutes later. 0 means at the exact time.",
            minimum=0,
            maximum=_LONGEST_WINDOW_MINUTES,
        ),
    )
    overlap: str = field(
        default=Overlap.SKIP.value,
        metadata=setting(
            "What happens if the last run has not ended: skip (the new run ends at once as CANCELLED, "
            "ScheduleOverlap), cancelOld (the last run is cancelled while the new one starts), or allow (both work).",
            check=checks.one_of(Overlap, remedy="skip keeps two runs of one schedule from working at the same time"),
        ),
    )
