"""Writes what was counted while a function was observed as a rate, so that it stands beside costs of a month."""

from __future__ import annotations

from decimal import Decimal

from agent.analyst.analysis.profile import FunctionProfile


def a_month(profile: FunctionProfile, counted: float, unit: str = "") -> str:
    """Return an amount of the time of observation as that of a month: `2,000 s a month`."""
    amount = Decimal(str(counted)) * profile.window.per_month
    return f"{amount:,.0f} {unit} a month" if unit else f"{amount:,.0f} a month"
