"""Checks of single values: each answers None, or says which rule the value breaks and what to do."""

from __future__ import annotations

import difflib
import re
import zoneinfo

from components.settings.problems import Finding

# What CloudWatch Logs accepts for retentionInDays (API reference, PutRetentionPolicy); "never" is left out on purpose.
LOG_RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)

_E_MAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
_SUBNET_ID = re.compile(r"subnet-([0-9a-f]{8}|[0-9a-f]{17})")
_SECURITY_GROUP_ID = re.compile(r"sg-([0-9a-f]{8}|[0-9a-f]{17})")
# A base model ("anthropic.claude-…"), or a cross-region inference profile ("eu.anthropic.claude-…").
_MODEL_ID = re.compile(r"([a-z]{2,6}(-[a-z]+)?\.)?[a-z0-9-]+\.[a-zA-Z0-9-]+[a-zA-Z0-9.:-]*")
_FACTORY = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")
_SCHEDULE_NAME = re.compile(r"[a-z][a-z0-9-]{0,29}")
# IAM and Resource Groups Tagging allow these in keys and values on every service used here.
_TAG_TEXT = re.compile(r"[\w +\-=.:/@]*")

_CRON_NUMBERS = {
    "minutes": (0, 59),
    "hours": (0, 23),
    "day of month": (1, 31),
    "month": (1, 12),
    "day of week": (1, 7),
    "year": (1970, 2199),
}
_CRON_NAMES = {
    "month": ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"),
    "day of week": ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"),
}


def e_mail(value: str) -> Finding | None:
    """An address that a person can be written to."""
    if _E_MAIL.fullmatch(value):
        return None
    return Finding(rule="it must be an e-mail address", remedy="Write an address such as platform@example.com")


def region(value: str) -> Finding | None:
    """An AWS region's name; whether the account has it enabled cannot be seen from here."""
    if _REGION.fullmatch(value):
        return None
    return Finding(rule="it must be the name of an AWS region", remedy="Write a name such as eu-west-1")


def subnet_id(value: str) -> Finding | None:
    """A subnet's id."""
    if _SUBNET_ID.fullmatch(value):
        return None
    return Finding(rule="it must be the id of a subnet", remedy="Write an id such as subnet-0123456789abcdef0")


def security_group_id(value: str) -> Finding | None:
    """A security group's id."""
    if _SECURITY_GROUP_ID.fullmatch(value):
        return None
    return Finding(rule="it must be the id of a security group", remedy="Write an id such as sg-0123456789abcdef0")


def model_id(value: str) -> Finding | None:
    """A Bedrock base model or cross-region inference profile."""
    if _MODEL_ID.fullmatch(value):
        return None
    return Finding(
        rule="it must be the id of a Bedrock model or of a cross-region inference profile",
        remedy="Take one from 'aws bedrock list-inference-profiles', as eu.anthropic.claude-haiku-4-5-20251001-v1:0",
    )


def factory(value: str) -> Finding | None:
    """The "module:function" that builds the model."""
    if _FACTORY.fullmatch(value):
        return None
    return Finding(rule="it must have the form module:function", remedy="Write for example agent.models:bedrock")


def schedule_name(value: str) -> Finding | None:
    """A name that fits into the schedule's physical name."""
    if _SCHEDULE_NAME.fullmatch(value):
        return None
    return Finding(
        rule="it must begin with a lower-case letter and hold at most 30 lower-case letters, digits and hyphens",
        remedy="Choose a short name such as weekly",
    )


def tag_text(value: str) -> Finding | None:
    """What every tagged service accepts in a tag's key or value."""
    if _TAG_TEXT.fullmatch(value):
        return None
    return Finding(
        rule="tags hold only letters, digits, spaces and + - = . : / @", remedy="Leave the other characters out"
    )


def time_zone(value: str) -> Finding | None:
    """A name of the IANA time zone database."""
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
    """An expression of EventBridge Scheduler: at(…), rate(…) or cron(…)."""
    kind, _, rest = value.partition("(")
    body = rest.removesuffix(")")
    if rest.endswith(")") and kind == "at":
        fits = re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d", body)
        return None if fits else Finding(rule="at() takes a date and time", remedy="Write at(2026-01-31T06:00:00)")
    if rest.endswith(")") and kind == "rate":
        fits = re.fullmatch(r"[1-9]\d* (minutes?|hours?|days?)", body)
        return None if fits else Finding(rule="rate() takes a number and a unit", remedy="Write rate(12 hours)")
    if rest.endswith(")") and kind == "cron":
        return _cron(body)
    return Finding(rule="it must be at(…), rate(…) or cron(…)", remedy="Write for example cron(0 6 ? * MON *)")


def _cron(body: str) -> Finding | None:
    fields = body.split()
    if len(fields) != len(_CRON_NUMBERS):
        return Finding(
            rule=f"cron() takes six fields ({', '.join(_CRON_NUMBERS)}), here are {len(fields)}",
            remedy="Write for example cron(0 6 ? * MON *)",
        )
    for name, field in zip(_CRON_NUMBERS, fields, strict=True):
        if not all(_cron_part(name, part) for part in field.split(",")):
            low, high = _CRON_NUMBERS[name]
            return Finding(
                rule=f"the field '{name}' of cron() is '{field}'",
                remedy=f"Use numbers from {low} to {high}, or the wildcards that EventBridge Scheduler allows there",
            )
    if (fields[2] == "?") == (fields[4] == "?"):
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
    low, high = _CRON_NUMBERS[name]
    return text in _CRON_NAMES.get(name, ()) or (text.isdecimal() and low <= int(text) <= high)
