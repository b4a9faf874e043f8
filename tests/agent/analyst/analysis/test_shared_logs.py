"""Log groups that several functions write to count once."""

from dataclasses import replace
from decimal import Decimal

import pytest

from agent.analyst.analysis import estate
from agent.analyst.analysis.facts.shared_logs import SharedLogGroup
from agent.analyst.analysis.profile import LogClass
from agent.analyst.narrative.computed import computed
from agent.analyst.report import findings_json
from agent.analyst.report.pages import markdown
from tests.agent.analyst.analysis.profiles import healthy, logged
from tests.agent.analyst.report.reports import facts, report
from tests.agent.analyst.report.test_findings_json import VALIDATOR

GB = 1_024**3
ONE = healthy(name="one", log_group_name="/team/shop", log_group=None, owner="shop")
SHARED = SharedLogGroup(
    region="us-east-1",
    group=logged(name="/team/shop", incoming_bytes=100 * GB, stored_bytes=10 * GB),
    functions=("one", "two"),
)


def assessed(*profiles, shared=SHARED):
    return estate.assess(replace(facts(*profiles, gaps=(), tag="team"), shared_logs=(shared,)))


def test_the_group_is_in_the_account_s_cost_and_in_that_of_no_function():
    # Requests 0.40 and duration 26.6668: 27.0668 each. 200 GB a month x 0.50 + 10 GB x 0.15 x 0.03 = 100.045.
    assessment = assessed(ONE, replace(ONE, name="two"))
    assert [function.cost for function in assessment.functions] == [Decimal("27.07")] * 2
    assert [one.cost for one in assessment.shared] == [assessment.shared_cost] == [Decimal("100.05")]
    assert assessment.cost == Decimal("154.18")  # 54.1336 + 100.045 = 154.1786


@pytest.mark.parametrize(
    ("log_class", "cost"),
    [
        (LogClass.INFREQUENT_ACCESS, "50.05"),  # 200 x 0.25 + 0.045
        (LogClass.DELIVERY, "50.00"),  # nothing is stored
        (LogClass.OTHER, "0.00"),  # its price is not known, and a gap names it
    ],
)
def test_the_class_of_the_group_decides(log_class, cost):
    shared = replace(SHARED, group=replace(SHARED.group, log_class=log_class))
    assert assessed(ONE, shared=shared).shared_cost == Decimal(cost)


def test_its_bytes_count_for_the_tiers_of_the_region():
    # 5,120 GB in half a month fill the first tier of 10,240 GB: the function's 200 GB cost 0.25, as in the other class.
    full = replace(SHARED, group=replace(SHARED.group, incoming_bytes=5_120 * GB))
    chatty = healthy(name="chatty", log_group=logged(incoming_bytes=100 * GB))
    assert assessed(chatty, shared=full).saving == 0
    # 200 GB x (0.50 - 0.25)
    assert estate.assess(facts(chatty, gaps=())).saving == Decimal("50.00")


def test_the_report_names_the_group_and_that_it_belongs_to_no_owner():
    made = report(assessment=assessed(ONE))
    document = findings_json.document(made)
    assert list(VALIDATOR.iter_errors(document)) == []
    assert document["shared_log_groups"] == [
        {"name": "/team/shop", "region": "us-east-1", "functions": ["one", "two"], "monthly_cost_usd": "100.05"}
    ]
    assert [one["monthly_cost_usd"] for one in document["owners"]] == ["27.07"]
    page = markdown.render(made)
    assert "| /team/shop | us-east-1 | 2 | $100.05 |" in page
    assert "Shared log groups cost $100.05 a month, and belong to no owner." in page
    assert "$100.05 a month for shared log groups" in page
    text = computed(made.assessment).summary
    assert "1 Lambda function costs $127.11 a month at list prices, $100.05 of it for shared log groups." in text
