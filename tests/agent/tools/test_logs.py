import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from moto import mock_aws

from agent.analysis.profile import LogClass, Window
from agent.tools import logs
from agent.tools.reading import Reading
from tests.agent.analysis.profiles import HEALTHY
from tests.agent.tools.fakes import FakeClient, NotFoundError, refusal

REPORT = (
    "REPORT RequestId: 1\tDuration: 3.00 ms\tBilled Duration: 3 ms\tMemory Size: 128 MB\tMax Memory Used: {} MB\t\n"
)
JSON_REPORT = '{{"type": "platform.report", "record": {{"metrics": {{"maxMemoryUsedMB": {}}}}}}}'


@pytest.fixture
def reading():
    return Reading(stop=threading.Event(), seconds=60)


@pytest.mark.parametrize(
    ("message", "megabytes"),
    [
        (REPORT.format(61), 61),
        (REPORT.format(61).strip() + "\tXRAY TraceId: 1-2-3", 61),
        (JSON_REPORT.format(93), 93),
        ("START RequestId: 1 Version: $LATEST", None),
        ('{"type": "platform.start", "record": {}}', None),
        ("{ not JSON", None),
        ('{"record": []}', None),
        ("", None),
    ],
)
def test_memory_is_read_from_report_lines_and_from_nothing_else(message, megabytes):
    assert logs.max_memory_used(message) == megabytes


def answering(*pages):
    return FakeClient(
        filter_log_events=lambda **_: iter([{"events": [{"message": message} for message in page]} for page in pages])
    )


def test_a_sample_is_taken_from_every_stretch_of_the_window(reading):
    client = answering([REPORT.format(60), REPORT.format(75)])
    sample = logs.read_memory(client, reading, HEALTHY)
    assert sample is not None
    assert (sample.reports, sample.peak_mb) == (2 * logs.SLICES, 75)
    starts = [arguments["startTime"] for _, arguments in client.requests]
    ends = [arguments["endTime"] for _, arguments in client.requests]
    assert len(starts) == logs.SLICES
    assert starts[1:] == [end + 1 for end in ends[:-1]]


def test_pages_without_a_match_are_turned_only_so_often(reading):
    client = answering(*([[]] * 1_000), [REPORT.format(60)])
    assert logs.read_memory(client, reading, HEALTHY) is None


def test_json_logs_are_asked_for_in_their_own_way(reading):
    client = answering([JSON_REPORT.format(90)])
    logs.read_memory(client, reading, replace(HEALTHY, logs_as_json=True))
    assert {arguments["filterPattern"] for _, arguments in client.requests} == {'{ $.type = "platform.report" }'}


def test_a_function_that_never_logged_has_no_sample_and_leaves_no_gap(reading):
    def filter_log_events(**_):
        raise NotFoundError("FilterLogEvents")

    assert logs.read_memory(FakeClient(filter_log_events=filter_log_events), reading, HEALTHY) is None
    assert reading.gaps == ()


def group(name, **changes):
    return {"logGroupName": name, "creationTime": 1_700_000_000_000, "storedBytes": 5, **changes}


def test_log_groups_are_found_on_any_page(reading):
    pages = [
        {"logGroups": [group("/aws/lambda/a", retentionInDays=7)]},
        {"logGroups": [group("/aws/lambda/b", logGroupClass="INFREQUENT_ACCESS", metricFilterCount=2)]},
    ]
    client = FakeClient(describe_log_groups=lambda **_: iter(pages))
    found = logs.read_log_groups(client, reading, "us-east-1", ["/aws/lambda/a", "/aws/lambda/b", "/aws/lambda/c"])
    assert found is not None
    assert set(found) == {"/aws/lambda/a", "/aws/lambda/b"}
    first, created = found["/aws/lambda/a"]
    assert (first.retention_days, first.log_class, first.stored_bytes) == (7, LogClass.STANDARD, 5)
    assert created == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    second, _ = found["/aws/lambda/b"]
    assert (second.retention_days, second.log_class, second.metric_filters) == (None, LogClass.INFREQUENT_ACCESS, 2)


def test_groups_elsewhere_are_asked_for_by_their_names(reading):
    client = FakeClient(describe_log_groups=lambda **_: iter([{"logGroups": []}]))
    logs.read_log_groups(client, reading, "us-east-1", ["/team/shop", "/aws/lambda/a", "/aws/lambda/b"])
    assert [arguments["logGroupNamePrefix"] for _, arguments in client.requests] == ["/aws/lambda/", "/team/shop"]


def test_groups_that_may_not_be_read_are_a_gap(reading):
    def describe_log_groups(**_):
        raise refusal("DescribeLogGroups")

    client = FakeClient(describe_log_groups=describe_log_groups)
    assert logs.read_log_groups(client, reading, "us-east-1", ["/aws/lambda/a"]) is None
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
    assert logs.read_first_event(client, reading, "us-east-1", "/aws/lambda/a") == began


def test_however_many_lines_there_are_only_a_sample_is_read(reading, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    now = datetime.now(UTC)  # the fake service refuses what is older than two weeks by its own clock
    profile = replace(HEALTHY, window=Window(start=now - timedelta(days=10), end=now))
    events = [
        {"timestamp": int((now - timedelta(minutes=10 * number)).timestamp() * 1_000), "message": REPORT.format(64)}
        for number in range(1_400, 0, -1)
    ]
    with mock_aws():
        client = boto3.client("logs", region_name="us-east-1")
        client.create_log_group(logGroupName=profile.log_group_name)
        client.create_log_stream(logGroupName=profile.log_group_name, logStreamName="stream")
        client.put_log_events(logGroupName=profile.log_group_name, logStreamName="stream", logEvents=events)
        sample = logs.read_memory(client, reading, profile)
    assert sample is not None
    assert sample.reports == logs.SLICES * logs.REPORTS_PER_SLICE
