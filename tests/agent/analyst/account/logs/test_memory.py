import itertools
import threading
import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from moto import mock_aws

from agent.analyst.account.logs import memory
from agent.analyst.account.reading import Reading
from agent.analyst.analysis.facts.use import InitUse
from agent.analyst.analysis.profile import LogClass, Window
from tests.agent.analyst.account.fakes import FakeClient, NotFoundError, refusal
from tests.agent.analyst.analysis.profiles import END, HEALTHY, logged, used

REPORT = (
    "REPORT RequestId: 1\tDuration: 3.00 ms\tBilled Duration: 3 ms\tMemory Size: 128 MB\tMax Memory Used: {} MB\t\n"
)
JSON_REPORT = '{{"type": "platform.report", "record": {{"metrics": {{"memorySizeMB": 128, "maxMemoryUsedMB": {}}}}}}}'
STREAM = "2026/11/20/[$LATEST]0123456789abcdef"
SMALL = replace(HEALTHY, memory_mb=128, memory=None, init=None)


def sampled(client, reading, profile):
    return memory.with_reports(client, reading, profile).memory


@pytest.fixture
def reading():
    return Reading(stop=threading.Event(), seconds=60)


def answering(*pages, stream=STREAM):
    def filter_log_events(**_):
        for page in pages:
            yield {"events": [{"message": message, "logStreamName": stream} for message in page]}

    return FakeClient(filter_log_events=filter_log_events)


def test_every_slice_of_the_window_is_sampled(reading):
    client = answering([REPORT.format(60), REPORT.format(75), REPORT.format(61)])
    sample = sampled(client, reading, SMALL)
    assert sample is not None
    assert (sample.reports, sample.peak_mb) == (3 * memory.SLICES, 75)
    starts = [arguments["startTime"] for _, arguments in client.requests]
    ends = [arguments["endTime"] for _, arguments in client.requests]
    assert len(starts) == memory.SLICES
    assert starts[1:] == [end + 1 for end in ends[:-1]]
    assert (starts[0], ends[-1] + 1) == tuple(
        moment.timestamp() * 1_000 for moment in (SMALL.window.start, SMALL.window.end)
    )
    assert reading.gaps == ()


def test_the_slices_of_two_weeks_begin_at_different_hours(reading):
    client = answering([])
    sampled(client, reading, replace(SMALL, window=Window(start=END - timedelta(days=14), end=END)))
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
    sample = sampled(client, reading, replace(SMALL, log_group_name=group))
    assert (sample is not None) is counts


@pytest.mark.parametrize("line", [REPORT, JSON_REPORT])
def test_lines_of_runs_with_another_memory_size_are_not_counted(reading, line):
    old = line.format(1_000).replace("128", "3008")
    sample = sampled(answering([old, line.format(60), old]), reading, SMALL)
    assert (sample.reports, sample.peak_mb) == (memory.SLICES, 60)


def test_the_share_and_the_duration_of_cold_starts_are_read(reading):
    warm, cold = REPORT.format(60), REPORT.format(60).rstrip("\n") + "Init Duration: {} ms\t\n"
    restored = REPORT.format(60).rstrip("\n") + "Restore Duration: 350.4 ms\tBilled Restore Duration: 90 ms\t\n"
    found = memory.with_reports(
        answering([cold.format("812.20"), warm, cold.format("787.80"), restored, warm]), reading, SMALL
    )
    assert found.init == InitUse(
        reports=40, cold_starts=16, init_ms=pytest.approx(800.0), restores=8, restore_ms=pytest.approx(90.0)
    )


def test_a_function_that_always_starts_warm_has_zero_cold_starts(reading):
    found = memory.with_reports(answering([JSON_REPORT.format(60)] * 3), reading, SMALL)
    assert found.init == InitUse(reports=24, cold_starts=0, init_ms=0.0)


def test_a_slice_that_cannot_be_read_leaves_the_function_unknown(reading):
    def filter_log_events(**_):
        if client.calls["filter_log_events"] > 3:
            raise refusal("FilterLogEvents", "ThrottlingException")
        yield {"events": [{"message": REPORT.format(60), "logStreamName": STREAM}]}

    client = FakeClient(filter_log_events=filter_log_events)
    found = memory.with_reports(client, reading, SMALL)
    assert (found.memory, found.init) == (None, None)
    assert client.calls == {"filter_log_events": 4}
    assert [(gap.reason, gap.functions) for gap in reading.gaps] == [("ThrottlingException", 1)]


def test_too_few_lines_become_a_gap(reading):
    assert sampled(answering([REPORT.format(60)]), reading, SMALL).reports == 8
    [gap] = reading.gaps
    assert gap.reason == "fewer than 20 REPORT lines with the current memory size were found"
    assert (gap.source, gap.functions) == ("logs:FilterLogEvents", 1)


def test_one_line_for_every_run_is_no_gap(reading):
    assert sampled(answering([REPORT.format(60)]), reading, replace(SMALL, usage=used(invocations=8)))
    assert reading.gaps == ()


@pytest.mark.parametrize("log_class", [LogClass.INFREQUENT_ACCESS, LogClass.DELIVERY])
def test_a_group_whose_class_cannot_be_searched_becomes_a_gap_without_requests(reading, log_class):
    client = answering([REPORT.format(60)])
    assert sampled(client, reading, replace(SMALL, log_group=logged(log_class=log_class))) is None
    assert client.requests == []
    assert [gap.reason for gap in reading.gaps] == [f"log groups of class {log_class} cannot be searched"]


def test_pages_without_a_match_are_read_up_to_a_limit(reading):
    client = answering(*([[]] * 1_000), [REPORT.format(60)])
    assert sampled(client, reading, SMALL) is None
    assert [gap.functions for gap in reading.gaps] == [1]


def test_json_logs_are_searched_with_a_json_pattern(reading):
    client = answering([JSON_REPORT.format(90)])
    sampled(client, reading, replace(SMALL, logs_as_json=True))
    assert {arguments["filterPattern"] for _, arguments in client.requests} == {'{ $.type = "platform.report" }'}


def test_a_missing_log_group_costs_one_request_and_becomes_a_gap(reading):
    def filter_log_events(**_):
        raise NotFoundError("FilterLogEvents")

    client = FakeClient(filter_log_events=filter_log_events)
    assert sampled(client, reading, SMALL) is None
    assert client.calls == {"filter_log_events": 1}
    assert [gap.functions for gap in reading.gaps] == [1]


def test_an_endless_log_is_sampled_in_bounded_memory(reading):
    client = answering(*[[REPORT.format(61)] * 10] * 3)
    endless = FakeClient(
        filter_log_events=lambda **_: (
            {"events": [{"message": REPORT.format(61) + "x" * 10_000, "logStreamName": STREAM} for _ in range(25)]}
            for _ in itertools.count()
        )
    )
    sampled(client, reading, SMALL)  # allocates what is allocated only once
    tracemalloc.start()
    sample = sampled(endless, reading, SMALL)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sample.reports == memory.SLICES * memory.REPORTS_PER_SLICE
    assert peak_bytes < 2 * 1024 * 1024, "a page has a quarter of a megabyte"


def test_only_a_sample_of_many_lines_is_read(reading, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    now = datetime.now(UTC)  # moto refuses events older than two weeks
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
        sample = sampled(client, reading, profile)
    assert sample is not None
    assert sample.reports == memory.SLICES * memory.REPORTS_PER_SLICE == 200
