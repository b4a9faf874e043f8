from dataclasses import replace
from decimal import Decimal

import pytest

from agent.analyst.analysis.finding import Level, Undecided
from agent.analyst.analysis.profile import LogClass
from tests.agent.analyst.analysis.profiles import answer, finding, healthy, logged, proposal, savings

PASSED_ON = logged(incoming_bytes=50 * 1024**3, stored_bytes=100 * 1024**3, subscription_filters=1)


def test_logs_that_are_passed_on_are_delivered_directly():
    # 100 GB x (0.50 - 0.25) = 25; 100 GB of stored logs x 0.15 x 0.03 = 0.45
    forwarded = healthy(log_group=PASSED_ON)
    assert savings(forwarded) == {"log-delivery": Decimal("25.45")}
    found = finding(forwarded, "log-delivery").proposal
    assert found.confidence is Level.LOW
    assert found.change.cli.splitlines()[0] == (
        "aws logs create-log-group --region us-east-1 --log-group-name /aws/lambda/healthy-delivery "
        "--log-group-class DELIVERY"
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"subscription_filters": 0},
        {"metric_filters": 1},
        {"incoming_bytes": 2 * 1024**3},
        {"log_class": LogClass.INFREQUENT_ACCESS},
        {"log_class": LogClass.DELIVERY},
    ],
)
def test_other_groups_are_kept(changes):
    assert proposal("log-delivery", healthy(log_group=replace(PASSED_ON, **changes))) is None


def test_unknown_filters_are_undecided_where_much_is_written():
    unknown = healthy(log_group=replace(PASSED_ON, subscription_filters=None))
    assert answer("log-delivery", unknown) == Undecided(
        reason="the subscription filters of its logs could not be read", missing="log_group.subscription_filters"
    )
    little = healthy(log_group=logged(subscription_filters=None))
    assert answer("log-delivery", little) is None
