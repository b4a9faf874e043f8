import pytest

from agent.analyst.report.outline.method import facts
from tests.agent.analyst.report.reports import report


@pytest.mark.parametrize(
    "left_out",
    [
        "durable operations ($8.00 a million in us-east-1), data written ($0.25 a GB) and data retained ($0.15 a GB",
        "EC2 instances, and AWS's fee of 15% of their on-demand price, are on another bill",
        "pollers of Kafka",
        "requests of pollers, which are on the bill of SQS",
        "disk of snapshots",
        "A function that was not sampled costs more than this report shows if it starts cold",
        "stops a function that calls itself in a loop was read for the most expensive functions only",
        "A log group that several functions write to counts once",
        "log groups of another name that one function writes to",
        "Old versions of layers were not looked at",
    ],
)
def test_what_costs_leave_out_is_said(left_out):
    assert any(left_out in text for _, text in facts(report()))
