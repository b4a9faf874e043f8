"""Headings and column titles that the Markdown and the HTML report share."""

from __future__ import annotations

from datetime import datetime

from agent.analyst.analysis.thresholds import MIN_OPPORTUNITY_USD

SUMMARY = "Summary"
OVERVIEW = "Overview"
OPPORTUNITIES = "Opportunities"
MINOR_SAVINGS = f"Savings under ${MIN_OPPORTUNITY_USD.normalize():f} a month"
OTHER_RECOMMENDATIONS = "Other recommendations"
COST_BY_FUNCTION = "Cost by function"
GAPS = "Gaps"
METHOD = "Method"

FINDING_COLUMNS = ("Function", "Issue", "Change", "Saving")
GAP_COLUMNS = ("Source", "Region", "Functions", "Reason", "Effect")
UNDECIDED_COLUMNS = ("Not judged", "Functions", "Reason", "Examples")


def changes(since: datetime) -> str:
    """Return the heading of the changes since an earlier report."""
    return f"Changes since the last report ({since.date()})"
