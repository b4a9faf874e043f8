"""Headings, column titles and phrases that several sections share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from agent.analyst.analysis.thresholds import MIN_OPPORTUNITY_USD
from agent.analyst.report.document import usd
from agent.analyst.report.outline.blocks import Column

SUMMARY = "Summary"
OVERVIEW = "Overview"
COST_BY_OWNER = "Cost by owner"
OPPORTUNITIES = "Opportunities"
MINOR_SAVINGS = f"Savings under ${MIN_OPPORTUNITY_USD.normalize():f} a month"
OTHER_RECOMMENDATIONS = "Other recommendations"
COST_BY_FUNCTION = "Cost by function"
LIMITS = "Limits and capacity"
GAPS = "Gaps"
METHOD = "Method"

COST, SAVING = "Cost a month", "Saving a month"

NONE = "\N{EN DASH}"
NO_OWNER = "no tag"


def changes(since: datetime) -> str:
    """Return the heading of the changes since an earlier report."""
    return f"Changes since the last report ({since.date()})"


def columns(*titles: str, figures: Sequence[str] = ()) -> Sequence[Column]:
    """Return columns of text, and then columns of figures."""
    return [*(Column(title=title) for title in titles), *(Column(title=title, is_figure=True) for title in figures)]


def owner(value: str | None) -> str:
    """Return the value of the tag that names an owner, or a phrase for a function without it."""
    return NO_OWNER if value is None else value


def saving(amount: Decimal) -> str:
    """Return an amount that is saved, or a dash if nothing is."""
    return usd(amount) if amount else NONE


def more(left_out: int, file: str) -> str:
    """Return a sentence about rows that are left out; empty if there are none."""
    return f"{left_out:,} more are in {file}." if left_out > 0 else ""


def within(title: str) -> str:
    """Return the title of a rule as it is written within a sentence."""
    return title[:1].lower() + title[1:]
