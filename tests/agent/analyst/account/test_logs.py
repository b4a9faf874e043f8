import itertools
import threading
import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from moto import mock_aws

from agent.analyst.account import logs
from agent.analyst.account.reading import Reading
from agent.analyst.analysis.profile import LogClass, Window
from tests.agent.analyst.account.fakes import FakeClient, NotFoundError, refusal
from tests.agent.analyst.analysis.profiles import END, HEALTHY, logged, used

REPORT = (
    "REPORT RequestId: 1\tDuration: 3.00 ms\tBilled Duration: 3 ms\tMemory Size: 128 MB\tMax Memory Used: {} MB\t\n"
)
JSON_REPORT = '{{"type": "platform.report", "record": {{"metrics": {{"memorySizeMB": 128, "maxMemoryUsedMB": {}}}}}}}'
STREAM = "2026/11/20/[$LATEST]0123456789abcdef"
SMALL = replace(HEALTHY, memory_mb=128)


@pytest.fixture
def reading():
    return Reading(stop=threading.Event(), seconds=60)


@pytest.mark.parametrize(
    ("message", "used_mb"),
    [
        (REPORT.format(61), 61),
        (REPORT.format(61).strip() + "\tXRAY TraceId: 1-2-3", 61),
        (JSON_REPORT.format(93), 93),
        ("START RequestId: 1 Version: $LATEST", None),
        ('{"type": "platform.start", "record": {}}', None),
        ('{"type": "platform.report", "record": {"metrics": {"maxMemoryUsedMB": 93}}}', None),
        ("{ not JSON", None),
        ('{"record": []}', None),
        ("", None),
    ],
)
def test_memory_is_read_from_report_lines_and_from_nothing_else(message, used_mb):
    assert logs.report(message) == (None if used_mb is None else (128, used_mb))


def answering(*pages, stream=STREAM):
    def filter_log_events(**_):
        for page in pages:
            yield {"events": [{"message": message, "logStreamName": stream} for message in page]}

    return FakeClient(filter_log_events=filter_log_events)


def test_a_sample_is_taken_from_every_stretch_of_the_window(reading):
    client = answering([REPORT.format(60), REPORT.format(75), REPORT.format(61)])
    sample = logs.read_memory(client, reading, SMALL)
    assert sample is not None
    assert (sample.reports, sample.peak_mb) == (3 * logs.SLICES, 75)
    starts = [arguments["startTime"] for _, arguments in client.requests]
    ends = [arguments["endTime"] for _, arguments in client.requests]
    assert len(starts) == logs.SLICES
    assert starts[1:] == [end + 1 for end in ends[:-1]]
    assert (starts[0], ends[-1] + 1) == tuple(
        moment.timestamp() * 1_000 for moment in (SMALL.window.start, SMALL.window.end)
    )
    assert reading.gaps == ()


def test_the_stretches_of_two_weeks_begin_at_hours_spread_over_the_day(reading):
    client = answering([])
    logs.read_memory(client, reading, replace(SMALL, window=Window(start=END - timedelta(days=14), end=END)))
    hours = {datetime.fromtimestamp(arguments["startTime"] / 1_000, UTC).hour for _, arguments in client.requests}
    assert hours == {0, 3, 6, 9, 12, 15, 18, 21}


@pytest.mark.parametrize(
    ("group", "stream", "counts"),
    [
        ("/aws/lambda/healthy", STREAM, True),
        ("/aws/lambda/healthy", "2026/11/20/healthy[$LATEST]0123456789abcdef", True),
        ("/aws/lambda/healthy", "2026/11/20/other[$LATEST]0123456789abcdef", False),
        ("/team/shop", "2026/11/20/healthy[$LATEST]0123456789abcdef", True),
        ("/team/shop", "2026/11/20/healthy[12]0123456789abcdef", True),
        ("/team/shop", "2026/11/20/unhealthy[$LATEST]0123456789abcdef", False),
        ("/team/shop", "2026/11/20/healthy-too[$LATEST]0123456789abcdef", False),
        ("/team/shop", STREAM, False),
        ("/team/shop", "something else", False),
    ],
)
def test_lines_of_other_functions_in_the_same_group_are_not_counted(reading, group, stream, counts):
    client = answering([REPORT.format(60)], stream=stream)
    sample = logs.read_memory(client, reading, replace(SMALL, log_group_name=group))
    assert (sample is not None) is counts


@pytest.mark.parametrize("line", [REPORT, JSON_REPORT])
def test_lines_of_runs_with_another_memory_size_are_not_counted(reading, line):
    old = line.format(1_000).replace("128", "3008")
    sample = logs.read_memory(answering([old, line.format(60), old]), reading, SMALL)
    assert (sample.reports, sample.peak_mb) == (logs.SLICES, 60)


def test_too_few_lines_to_judge_by_are_a_gap(reading):
    assert logs.read_memory(answering([REPORT.format(60)]), reading, SMALL).reports == 8
    [gap] = reading.gaps
    assert gap.reason == "fewer than 20 REPORT lines with today's memory size were found"
    assert (gap.source, gap.functions) == ("logs:FilterLogEvents", 1)


def test_as_many_lines_as_there_were_runs_are_no_gap(reading):
    assert logs.read_memory(answering([REPORT.format(60)]), reading, replace(SMALL, usage=used(invocations=8)))
    assert reading.gaps == ()


@pytest.mark.parametrize("log_class", [LogClass.INFREQUENT_ACCESS, LogClass.DELIVERY])
def test_a_group_whose_class_cannot_be_searched_is_a_gap_and_not_asked(reading, log_class):
    client = answering([REPORT.format(60)])
    assert logs.read_memory(client, reading, replace(SMALL, log_group=logged(log_class=log_class))) is None
    assert client.requests == []
    assert [gap.reason for gap in reading.gaps] == [f"log groups of class {log_class} cannot be searched"]


def test_pages_without_a_match_are_turned_only_so_often(reading):
    client = answering(*([[]] * 1_000), [REPORT.format(60)])
    assert logs.read_memory(client, reading, SMALL) is None
    assert [gap.functions for gap in reading.gaps] == [1]


def test_json_logs_are_asked_for_in_their_own_way(reading):
    client = answering([JSON_REPORT.format(90)])
    logs.read_memory(client, reading, replace(SMALL, logs_as_json=True))
    assert {arguments["filterPattern"] for _, arguments in client.requests} == {'{ $.type = "platform.report" }'}


def test_a_function_that_has_run_without_a_log_group_is_asked_once_and_is_a_gap(reading):
    def filter_log_events(**_):
        raise NotFoundError("FilterLogEvents")

    client = FakeClient(filter_log_events=filter_log_events)
    assert logs.read_memory(client, reading, SMALL) is None
    assert client.calls == {"filter_log_events": 1}
    assert [gap.functions for gap in reading.gaps] == [1]


def group(name, **changes):
    return {"logGroupName": name, "creationTime": 1_700_000_000_000, "storedBytes": 5, **changes}


def test_log_groups_are_found_on_any_page(reading):
    pages = [
        {"logGroups": [group("/aws/lambda/a", retentionInDays=7)]},
        {"logGroups": [group("/aws/lambda/b", logGroupClass="INFREQUENT_ACCESS", metricFilterCount=2)]},
    ]
    client = FakeClient(describe_log_groups=lambda **_: iter(pages))
    found = logs.read_log_groups(client, reading, "us-east-1", {f"/aws/lambda/{name}": name for name in "abc"})
    assert set(found) == {"/aws/lambda/a", "/aws/lambda/b"}
    first, created = found["/aws/lambda/a"]
    assert (first.retention_days, first.log_class, first.stored_bytes) == (7, LogClass.STANDARD, 5)
    assert created == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    second, _ = found["/aws/lambda/b"]
    assert (second.retention_days, second.log_class, second.metric_filters) == (None, LogClass.INFREQUENT_ACCESS, 2)


def test_groups_elsewhere_are_asked_for_by_their_names(reading):
    def describe_log_groups(logGroupIdentifiers=(), logGroupNamePrefix=None):  # noqa: N803
        names = ["/aws/lambda/a", "/aws/lambda/forgotten"] if logGroupNamePrefix else logGroupIdentifiers
        yield {"logGroups": [group(name) for name in names]}

    client = FakeClient(describe_log_groups=describe_log_groups)
    functions = {f"/team/{number:03d}": f"f{number}" for number in range(120)} | {"/aws/lambda/a": "a"}
    assert logs.read_log_groups(client, reading, "us-east-1", functions).keys() == functions.keys()
    sizes = sorted(len(arguments.get("logGroupIdentifiers", ())) for _, arguments in client.requests)
    assert sizes == [0, 20, 50, 50]


def test_one_refusal_does_not_lose_the_groups_of_a_region(reading):
    def describe_log_groups(logGroupIdentifiers=(), **_):  # noqa: N803
        if logGroupIdentifiers:
            raise refusal("DescribeLogGroups", "InvalidParameterException")
        yield {"logGroups": [group("/aws/lambda/a")]}

    client = FakeClient(describe_log_groups=describe_log_groups)
    functions = {"/aws/lambda/a": "a", "/team/b": "b", "/team/c": "c"}
    assert logs.read_log_groups(client, reading, "us-east-1", functions).keys() == {"/aws/lambda/a"}
    assert [gap.functions for gap in reading.gaps] == [2]


def test_a_class_that_aws_has_added_since_is_a_gap_and_the_group_is_read(reading):
    client = FakeClient(
        describe_log_groups=lambda **_: iter(
            [{"logGroups": [group("/aws/lambda/a", logGroupClass="ESSENTIALS"), group("/aws/lambda/b")]}]
        )
    )
    functions = {"/aws/lambda/a": "a", "/aws/lambda/b": "b"}
    found = logs.read_log_groups(client, reading, "us-east-1", functions)
    assert [found[name][0].log_class for name in functions] == [LogClass.OTHER, LogClass.STANDARD]
    [gap] = reading.gaps
    assert (gap.reason, gap.functions) == ("the price of log class ESSENTIALS is not known to this analysis", 1)


def test_subscription_filters_are_counted(reading):
    client = FakeClient(describe_subscription_filters=lambda **_: {"subscriptionFilters": [{}, {}]})
    assert logs.read_subscription_filters(client, reading, HEALTHY, "/aws/lambda/healthy") == 2


def test_groups_that_may_not_be_read_are_a_gap(reading):
    def describe_log_groups(**_):
        raise refusal("DescribeLogGroups")

    client = FakeClient(describe_log_groups=describe_log_groups)
    assert logs.read_log_groups(client, reading, "us-east-1", {"/aws/lambda/a": "a"}) == {}
    assert [gap.source for gap in reading.gaps] == ["logs:DescribeLogGroups"]


@pytest.mark.parametrize(
    ("streams", "began"),
    [
        ([], None),
        ([{"logStreamName": "empty"}], None),
        ([{"firstEventTimestamp": 1_700_000_000_000}], datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
    ],
)
def test_the_first_event_tells_since_when_a_function_is_known(reading, streams, began):
    client = FakeClient(describe_log_streams=lambda **_: {"logStreams": streams})
    assert logs.read_first_event(client, reading, HEALTHY, "/aws/lambda/healthy") == began


def test_a_log_without_an_end_is_sampled_in_bounded_memory(reading):
    client = answering(*[[REPORT.format(61)] * 10] * 3)
    endless = FakeClient(
        filter_log_events=lambda **_: (
            {"events": [{"message": REPORT.format(61) + "x" * 10_000, "logStreamName": STREAM} for _ in range(25)]}
            for _ in itertools.count()
        )
    )
    logs.read_memory(client, reading, SMALL)  # whatever is made once
    tracemalloc.start()
    sample = logs.read_memory(endless, reading, SMALL)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sample.reports == logs.SLICES * logs.REPORTS_PER_SLICE
    assert peak_bytes < 2 * 1024 * 1024, "a page has a quarter of a megabyte"


def test_however_many_lines_there_are_only_a_sample_is_read(reading, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    now = datetime.now(UTC)  # the fake service refuses what is older than two weeks by its own clock
    profile = replace(SMALL, window=Window(start=now - timedelta(days=10), end=now))
    events = [
        {"timestamp": int((now - timedelta(minutes=10 * number)).timestamp() * 1_000), "message": REPORT.format(64)}
        for number in range(1_400, 0, -1)
    ]
    with mock_aws():
        client = boto3.client("logs", region_name="us-east-1")
        client.create_log_group(logGroupName=profile.log_group_name)
        client.create_log_stream(logGroupName=profile.log_group_name, logStreamName=STREAM)
        client.put_log_events(logGroupName=profile.log_group_name, logStreamName=STREAM, logEvents=events)
        sample = logs.read_memory(client, reading, profile)
    assert sample is not None
    assert sample.reports == logs.SLICES * logs.REPORTS_PER_SLICE == 200
