from __future__ import annotations

import pytest

from components.settings import schedules


@pytest.mark.parametrize(
    "expression",
    [
        "rate(5 minutes)",
        "rate(1 hour)",
        "at(2026-12-31T23:59:00)",
        "cron(0 6 ? * MON *)",
        "cron(0/15 8-18 ? * MON-FRI *)",
        "cron(0 20 L * ? *)",
        "cron(0 20 LW * ? 2026-2030)",
        "cron(30 7 15W JAN,JUL ? *)",
        "cron(0 9 ? * 2#1 *)",
        "cron(0 9 ? * 6L *)",
        "cron(0 6 * * ? *)",
    ],
)
def test_an_expression_that_eventbridge_scheduler_reads_passes(expression: str) -> None:
    assert schedules.schedule_expression(expression) is None


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "every monday",
        "rate(0 days)",
        "rate(5 seconds)",
        "rate(5 minutes",
        "at(31.12.2026)",
        "at(2026-13-01T00:00:00)",
        "at(2027-02-29T00:00:00)",
        "cron(0 6 * * *)",
        "cron(60 6 ? * MON *)",
        "cron(0 24 ? * MON *)",
        "cron(0 6 * * MON *)",
        "cron(0 6 ? * ? *)",
        "cron(0 6 ? * MO *)",
        "cron(0/0 6 ? * MON *)",
        "cron(0 6 ? * MON#6 *)",
        "cron(? 6 ? * MON *)",
    ],
)
def test_an_expression_that_eventbridge_scheduler_would_refuse_is_found(expression: str) -> None:
    finding = schedules.schedule_expression(expression)

    assert finding is not None
    assert "(" in finding.remedy or "numbers" in finding.remedy
