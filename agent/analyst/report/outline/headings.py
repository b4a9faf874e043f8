"""Headings, column titles and phrases that several sections share."""

from __future__ import annotations

from datetime import datetime

from agent.analyst.analysis.thresholds import MIN_OPPORTUNITY_USD

SUMMARY = "Summary"
OVERVIEW = "Overview"
OPPORTUNITIES = "Opportunities"
MINOR_SAVINGS = f"Savings under ${MIN_OPPORTUNITY_USD.normalize():f} a month"
OTHER_RECOMMENDATIONS = "Other recommendations"
COST_BY_FUNCTION = "Cost by function"
LIMITS = "Limits and capacity"
GAPS = "Gaps"
METHOD = "Method"

COST, SAVING = "Cost a month", "Saving a month"
FINDING_COLUMNS = ("Function", "Issue", "Change", SAVING)

NONE = "\N{EN DASH}"
NO_OWNER = "no tag"


def changes(since: datetime) -> str:
    """Return the heading of the changes since an earlier report."""
    return f"Changes since the last report ({since.date()})"


def cost_by(tag: str) -> str:
    """Return the heading of the cost of each value of a tag."""
    return f"Cost by tag {tag}"


def owner(value: str | None) -> str:
    """Return the value of the tag that names an owner, or a phrase for a function without it."""
    return NO_OWNER if value is None else value


def more(left_out: int, file: str) -> str:
    """Return a sentence about rows that are left out; empty if there are none."""
    return f"{left_out:,} more are in {file}." if left_out > 0 else ""


def within(title: str) -> str:
    """Return the title of a rule as it is written within a sentence."""
    return title[:1].lower() + title[1:]
