"""Thresholds that rules share with the reading of the account and with the reports."""

from decimal import Decimal

MIN_OPPORTUNITY_USD = Decimal("1.00")
"""A finding that saves at least this much a month is an opportunity; one that saves less is a minor saving."""

MIN_REPORTS = 20
"""REPORT lines below which a sample may have missed the runs that use most memory."""

MIN_LOG_BYTES_PER_MONTH = 5 * 1_024**3
"""Log ingestion below which a second log group costs more work than it saves."""
