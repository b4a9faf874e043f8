"""Periods such as `12h`, `7d` or `4w`."""

from __future__ import annotations

import re
from datetime import timedelta

from runs.errors import RunsError

_PERIOD = re.compile(r"(\d{1,5})(m|h|d|w)")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_period(text: str) -> timedelta:
    """Return the period that a text names.

    Raises:
        RunsError: The text names none.
    """
    match = _PERIOD.fullmatch(text.strip().lower())
    if match is None or not int(match[1]):
        raise RunsError(f"--since is {text!r}: write a number and m, h, d or w, such as 12h or 7d")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})
