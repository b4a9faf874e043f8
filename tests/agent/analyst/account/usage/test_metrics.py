import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from agent.analyst.account.reading import Reading
from agent.analyst.account.usage import metrics
from agent.analyst.account.usage.series import read_series
from agent.analyst.analysis.profile import ProvisionedConcurrency
from tests.agent.analyst.account.fakes import FakeClient, refusal
from tests.agent.analyst.analysis.profiles import HALF_A_MONTH, HEALTHY, used

DAY = HALF_A_MONTH.start
NEXT_DAY = DAY + timedelta(days=1)


def read(client, series, reading=None):
    reading = reading or Reading(stop=threading.Event(), seconds=60)
    return read_series(client, reading, HALF_A_MONTH, "us-east-1", series, effect="usage is not known")


def numbered(count):
    return [metrics.log_series(f"/aws/lambda/f{number}") for number in range(count)]


def answering(pages=1):
    """Return a CloudWatch client with one datapoint per page and query, and the list of its request sizes."""
    sizes = []

    def get_metric_data(MetricDataQueries, StartTime, EndTime):  # noqa: N803
        assert (StartTime, EndTime) == (HALF_A_MONTH.start, HALF_A_MONTH.end)
        sizes.append(len(MetricDataQueries))
        for page in range(pages):
            yield {
                "MetricDataResults": [
                    {
                        "Id": query["Id"],
                        "Timestamps": [DAY + timedelta(days=page)],
                        "Values": [float(page + 1)],
                        "StatusCode": "Complete" if page == pages - 1 else "PartialData",
                    }
                    for query in MetricDataQueries
                ]
            }

    return FakeClient(get_metric_data=get_metric_data), sizes


def found(profile, **values):
    """Return values of a profile's series by metric and statistic; all other series are empty."""
    series = [metrics.invocations_series(profile), *metrics.details_series(profile)]
    return {one: values.get(f"{one.metric}_{one.statistic}", {}) for one in series}


def test_one_request_holds_five_hundred_series():
    client, sizes = answering()
    assert len(read(client, numbered(1_201))) == 1_201
    assert sorted(sizes) == [201, 500, 500]


def test_the_statistics_of_a_metric_stay_in_one_request():
    client, _ = answering()
    series = [one for number in range(100) for one in metrics.details_series(replace(HEALTHY, name=f"f{number}"))]
    read(client, series)
    asked = [
        {
            (query["MetricStat"]["Metric"]["MetricName"], *map(str, query["MetricStat"]["Metric"]["Dimensions"]))
            for query in arguments["MetricDataQueries"]
        }
        for _, arguments in client.requests
    ]
    assert len(asked) == 2
    assert asked[0].isdisjoint(asked[1])


def test_a_series_is_joined_from_its_pages():
    client, _ = answering(pages=2)
    [series] = numbered(1)
    assert read(client, [series]) == {series: {DAY: 1.0, NEXT_DAY: 2.0}}


def test_a_refused_request_becomes_a_gap_and_its_series_are_missing():
    def get_metric_data(**_):
        raise refusal("GetMetricData", "AccessDenied")

    reading = Reading(stop=threading.Event(), seconds=60)
    assert read(FakeClient(get_metric_data=get_metric_data), numbered(3), reading) == {}
    assert [(gap.source, gap.functions) for gap in reading.gaps] == [("cloudwatch:GetMetricData", 3)]


@pytest.mark.parametrize("status", ["InternalError", "Forbidden", "PartialData"])
def test_a_failed_series_becomes_a_gap_and_the_others_are_read(status):
    def get_metric_data(MetricDataQueries, **_):  # noqa: N803
        yield {
            "MetricDataResults": [
                {"Id": query["Id"], "Timestamps": [], "Values": [], "StatusCode": code}
                for query, code in zip(MetricDataQueries, (status, "Complete", status), strict=True)
            ]
        }

    reading = Reading(stop=threading.Event(), seconds=60)
    series = numbered(3)
    assert read(FakeClient(get_metric_data=get_metric_data), series, reading) == {series[1]: {}}
    assert [(gap.source, gap.reason, gap.functions) for gap in reading.gaps] == [
        ("cloudwatch:GetMetricData", status, 2)
    ]


def test_a_series_that_is_missing_in_a_response_is_not_read_as_empty():
    client = FakeClient(get_metric_data=lambda **_: iter([{"MetricDataResults": []}]))
    assert read(client, numbered(1)) == {}


def test_without_series_no_request_is_made():
    client, sizes = answering()
    assert read(client, []) == {}
    assert sizes == []


def test_usage_adds_counts_up_and_keeps_the_highest_percentile():
    usage = metrics.usage(
        HEALTHY,
        found(
            HEALTHY,
            Invocations_Sum={DAY: 0.0, NEXT_DAY: 30.0},
            Errors_Sum={NEXT_DAY: 2.0},
            Duration_Sum={NEXT_DAY: 3_000.5},
            Duration_p95={DAY: 120.0, NEXT_DAY: 110.0},
            Duration_p99={DAY: 300.0, NEXT_DAY: 200.0},
            Duration_Maximum={DAY: 900.0, NEXT_DAY: 1_200.0},
            ConcurrentExecutions_Maximum={DAY: 3.0, NEXT_DAY: 2.0},
        ),
    )
    assert usage is not None
    assert (usage.invocations, usage.errors, usage.throttles) == (30, 2, 0)
    assert (usage.duration_ms, usage.p95_ms, usage.p99_ms) == (3_000.5, 120.0, 300.0)
    assert (usage.peak_concurrency, usage.longest_ms) == (3, 1_200.0)
    assert (usage.first_day, usage.silent_days) == (NEXT_DAY, None)


def test_calls_before_the_window_are_not_counted_as_usage():
    usage = metrics.usage(HEALTHY, found(HEALTHY, Invocations_Sum={DAY - timedelta(days=30): 7.0, DAY: 2.0}))
    assert usage is not None
    assert (usage.invocations, usage.first_day) == (2, DAY)


class TestLookback:
    END = HALF_A_MONTH.end

    def usage(self, invocations, throttles):
        answers = found(HEALTHY, Invocations_Sum=invocations, Throttles_Sum=throttles)
        assert metrics.ran(HEALTHY, answers) is False
        return metrics.usage(HEALTHY, answers)

    def ago(self, days, count=1.0):
        return {self.END - timedelta(days=days): count}

    def test_the_look_back_time_ends_with_the_window(self):
        lookback = metrics.lookback(HALF_A_MONTH)
        assert (lookback.days, lookback.end) == (90, self.END)

    def test_without_datapoints_a_function_is_silent_for_the_look_back_time(self):
        usage = self.usage({}, {})
        assert (usage.invocations, usage.throttles, usage.silent_days) == (0, 0, 90)

    def test_silence_begins_on_the_day_after_the_last_call(self):
        assert self.usage(self.ago(80) | self.ago(40) | self.ago(20, count=0.0), {}).silent_days == 39

    def test_a_throttled_call_ends_the_silence(self):
        usage = self.usage(self.ago(40), self.ago(60, count=9.0) | self.ago(3, count=5.0) | self.ago(1, count=2.0))
        assert (usage.invocations, usage.throttles, usage.silent_days) == (0, 7, 0)

    def test_without_the_series_of_throttles_usage_is_unknown(self):
        assert metrics.usage(HEALTHY, {metrics.invocations_series(HEALTHY): {}}) is None

    def test_a_throttled_call_counts_as_activity_too(self):
        answers = found(HEALTHY, Invocations_Sum=self.ago(40), Throttles_Sum=self.ago(60) | self.ago(70, count=0.0))
        assert metrics.first_activity(HEALTHY, answers) == self.END - timedelta(days=60)
        assert metrics.first_activity(HEALTHY, {}) is None


def test_a_part_that_could_not_be_read_makes_usage_unknown():
    answers = found(HEALTHY, Invocations_Sum={DAY: 1.0})
    del answers[metrics.details_series(HEALTHY)[2]]
    assert metrics.usage(HEALTHY, answers) is None
    assert metrics.usage(HEALTHY, {}) is None
    assert metrics.ran(HEALTHY, {}) is None


class TestProvisionedConcurrency:
    PROVISIONED = ProvisionedConcurrency(qualifier="live", units=4, peak_utilization=None)

    def used(self, profile, utilization=None, invocations=None):
        series = metrics.provisioned_series(profile, self.PROVISIONED)
        answers = dict(zip(series, (utilization, invocations), strict=True))
        known = {one: answer for one, answer in answers.items() if answer is not None}
        return metrics.provisioned_usage(profile, self.PROVISIONED, known)

    def test_the_peak_is_the_highest_of_any_day(self):
        provisioned = self.used(HEALTHY, {DAY: 0.25, NEXT_DAY: 0.5}, {DAY: 10.0, NEXT_DAY: 20.0})
        assert (provisioned.peak_utilization, provisioned.invocations) == (0.5, 30)

    def test_provisioned_concurrency_without_datapoints_is_unused_only_if_the_function_did_not_run(self):
        assert self.used(HEALTHY, {}, {}).peak_utilization is None
        assert self.used(replace(HEALTHY, usage=used(invocations=0)), {}, {}).peak_utilization == 0.0

    def test_without_access_to_metrics_the_use_is_unknown(self):
        assert self.used(replace(HEALTHY, usage=None)).peak_utilization is None
