import threading
from datetime import UTC, datetime

import pytest

from agent.analyst.account.logs import groups
from agent.analyst.account.reading import Reading
from agent.analyst.analysis.profile import LogClass
from tests.agent.analyst.account.fakes import FakeClient, refusal
from tests.agent.analyst.analysis.profiles import HEALTHY


@pytest.fixture
def reading():
    return Reading(stop=threading.Event(), seconds=60)


def group(name, **changes):
    return {"logGroupName": name, "creationTime": 1_700_000_000_000, "storedBytes": 5, **changes}


def test_log_groups_are_found_on_any_page(reading):
    pages = [
        {"logGroups": [group("/aws/lambda/a", retentionInDays=7)]},
        {"logGroups": [group("/aws/lambda/b", logGroupClass="INFREQUENT_ACCESS", metricFilterCount=2)]},
    ]
    client = FakeClient(describe_log_groups=lambda **_: iter(pages))
    found = groups.read_log_groups(client, reading, "us-east-1", {f"/aws/lambda/{name}": name for name in "abc"})
    assert set(found) == {"/aws/lambda/a", "/aws/lambda/b"}
    first, created = found["/aws/lambda/a"]
    assert (first.retention_days, first.log_class, first.stored_bytes) == (7, LogClass.STANDARD, 5)
    assert created == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    second, _ = found["/aws/lambda/b"]
    assert (second.retention_days, second.log_class, second.metric_filters) == (None, LogClass.INFREQUENT_ACCESS, 2)


def test_only_the_groups_of_the_functions_are_returned(reading):
    listed = [group("/aws/lambda/a"), group("/aws/lambda/forgotten")]
    client = FakeClient(describe_log_groups=lambda **_: iter([{"logGroups": listed}]))
    assert groups.read_log_groups(client, reading, "us-east-1", {"/aws/lambda/a": "a"}).keys() == {"/aws/lambda/a"}


def test_refused_groups_are_a_gap(reading):
    def describe_log_groups(**_):
        raise refusal("DescribeLogGroups", "AccessDeniedException")

    client = FakeClient(describe_log_groups=describe_log_groups)
    assert groups.read_log_groups(client, reading, "us-east-1", {"/aws/lambda/a": "a", "/aws/lambda/b": "b"}) == {}
    assert [gap.functions for gap in reading.gaps] == [2]


def test_shared_groups_of_any_name_are_read_with_one_request_for_fifty(reading):
    writers = {f"/team/{number:02d}": ["a", "b"] for number in range(51)}
    answers = FakeClient(
        describe_log_groups=lambda logGroupIdentifiers: iter(  # noqa: N803
            [{"logGroups": [group(name) for name in logGroupIdentifiers if name != "/team/07"]}]
        )
    )
    found = groups.read_shared_groups(answers, reading, "us-east-1", writers)
    assert [len(arguments["logGroupIdentifiers"]) for _, arguments in answers.requests] == [50, 1]
    assert [one.group.name for one in found] == sorted(set(writers) - {"/team/07"})
    assert groups.read_shared_groups(answers, reading, "us-east-1", {}) == []
    assert reading.gaps == ()


def test_refused_shared_groups_are_a_gap_for_their_functions(reading):
    def describe_log_groups(**_):
        raise refusal("DescribeLogGroups", "AccessDeniedException")

    client = FakeClient(describe_log_groups=describe_log_groups)
    assert groups.read_shared_groups(client, reading, "us-east-1", {"/team/shop": ["a", "b"]}) == []
    [gap] = reading.gaps
    assert (gap.functions, gap.effect) == (2, "the cost of shared log groups is not included")


def test_an_unknown_log_class_becomes_a_gap_and_the_group_is_read(reading):
    client = FakeClient(
        describe_log_groups=lambda **_: iter(
            [{"logGroups": [group("/aws/lambda/a", logGroupClass="ESSENTIALS"), group("/aws/lambda/b")]}]
        )
    )
    functions = {"/aws/lambda/a": "a", "/aws/lambda/b": "b"}
    found = groups.read_log_groups(client, reading, "us-east-1", functions)
    assert [found[name][0].log_class for name in functions] == [LogClass.OTHER, LogClass.STANDARD]
    [gap] = reading.gaps
    assert (gap.reason, gap.functions) == ("the price of log class ESSENTIALS is not known", 1)


def test_subscription_filters_are_counted(reading):
    client = FakeClient(describe_subscription_filters=lambda **_: {"subscriptionFilters": [{}, {}]})
    assert groups.read_subscription_filters(client, reading, HEALTHY, "/aws/lambda/healthy") == 2


def test_denied_access_to_log_groups_becomes_a_gap(reading):
    def describe_log_groups(**_):
        raise refusal("DescribeLogGroups")

    client = FakeClient(describe_log_groups=describe_log_groups)
    assert groups.read_log_groups(client, reading, "us-east-1", {"/aws/lambda/a": "a"}) == {}
    assert [gap.source for gap in reading.gaps] == ["logs:DescribeLogGroups"]


@pytest.mark.parametrize(
    ("streams", "began"),
    [
        ([], None),
        ([{"logStreamName": "empty"}], None),
        ([{"firstEventTimestamp": 1_700_000_000_000}], datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
    ],
)
def test_the_first_event_is_the_beginning_of_the_oldest_stream(reading, streams, began):
    client = FakeClient(describe_log_streams=lambda **_: {"logStreams": streams})
    assert groups.read_first_event(client, reading, HEALTHY, "/aws/lambda/healthy") == began
