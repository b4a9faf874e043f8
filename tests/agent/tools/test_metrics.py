import threading
from dataclasses import replace
from datetime import timedelta

from agent.analysis.profile import ProvisionedConcurrency
from agent.tools import metrics
from agent.tools.reading import Reading
from tests.agent.analysis.profiles import HALF_A_MONTH, HEALTHY, used
from tests.agent.tools.fakes import FakeClient, refusal

DAY = HALF_A_MONTH.start
NEXT_DAY = DAY + timedelta(days=1)


def read(client, series, reading=None):
    reading = reading or Reading(stop=threading.Event(), seconds=60)
    return metrics.read_series(client, reading, HALF_A_MONTH, "us-east-1", series, effect="usage is not known")


def numbered(count):
    return [metrics.log_series(f"/aws/lambda/f{number}") for number in range(count)]


def answering(pages=1):
    """CloudWatch with one datapoint a page for every query, which counts the queries of a request."""
    sizes = []

    def get_metric_data(MetricDataQueries, StartTime, EndTime):  # noqa: N803
        assert (StartTime, EndTime) == (HALF_A_MONTH.start, HALF_A_MONTH.end)
        sizes.append(len(MetricDataQueries))
        for page in range(pages):
            yield {
                "MetricDataResults": [
                    {"Id": query["Id"], "Timestamps": [DAY + timedelta(days=page)], "Values": [float(page + 1)]}
                    for query in MetricDataQueries
                ]
            }

    return FakeClient(get_metric_data=get_metric_data), sizes


def found(profile, **values):
    """Answers for a profile's series, by metric and statistic; other series were read and are empty."""
    series = [metrics.invocations_series(profile), *metrics.details_series(profile)]
    return {one: values.get(f"{one.metric}_{one.statistic}", {}) for one in series}


def test_five_hundred_series_go_into_a_request():
    client, sizes = answering()
    assert len(read(client, numbered(1_201))) == 1_201
    assert sorted(sizes) == [201, 500, 500]


def test_a_series_is_put_together_from_its_pages():
    client, _ = answering(pages=2)
    [series] = numbered(1)
    assert read(client, [series]) == {series: {DAY: 1.0, NEXT_DAY: 2.0}}


def test_a_refused_request_leaves_its_series_out_and_a_gap():
    def get_metric_data(**_):
        raise refusal("GetMetricData", "AccessDenied")

    reading = Reading(stop=threading.Event(), seconds=60)
    assert read(FakeClient(get_metric_data=get_metric_data), numbered(3), reading) == {}
    assert [gap.source for gap in reading.gaps] == ["cloudwatch:GetMetricData"]


def test_nothing_to_ask_asks_nothing():
    client, sizes = answering()
    assert read(client, []) == {}
    assert sizes == []


def test_usage_adds_counts_up_and_keeps_the_worst_percentile():
    usage = metrics.usage(
        HEALTHY,
        found(
            HEALTHY,
            Invocations_Sum={DAY: 0.0, NEXT_DAY: 30.0},
            Errors_Sum={NEXT_DAY: 2.0},
            Duration_Sum={NEXT_DAY: 3_000.5},
            Duration_p95={DAY: 120.0, NEXT_DAY: 110.0},
            Duration_p99={DAY: 300.0, NEXT_DAY: 200.0},
            ConcurrentExecutions_Maximum={DAY: 3.0, NEXT_DAY: 2.0},
        ),
    )
    assert usage is not None
    assert (usage.invocations, usage.errors, usage.throttles) == (30, 2, 0)
    assert (usage.duration_ms, usage.p95_ms, usage.p99_ms) == (3_000.5, 120.0, 300.0)
    assert usage.peak_concurrency == 3
    assert usage.first_day == NEXT_DAY


def test_no_datapoint_means_that_a_function_did_not_run():
    usage = metrics.usage(HEALTHY, {metrics.invocations_series(HEALTHY): {}})
    assert usage is not None
    assert usage.invocations == 0


def test_a_part_that_could_not_be_read_makes_usage_unknown():
    answers = found(HEALTHY, Invocations_Sum={DAY: 1.0})
    del answers[metrics.details_series(HEALTHY)[2]]
    assert metrics.usage(HEALTHY, answers) is None
    assert metrics.usage(HEALTHY, {}) is None


class TestProvisionedConcurrency:
    PROVISIONED = ProvisionedConcurrency(qualifier="live", units=4, peak_utilization=None)

    def used(self, profile, utilization=None, invocations=None):
        series = metrics.provisioned_series(profile, self.PROVISIONED)
        answers = dict(zip(series, (utilization, invocations), strict=True))
        known = {one: answer for one, answer in answers.items() if answer is not None}
        return metrics.provisioned_usage(profile, self.PROVISIONED, known)

    def test_its_peak_is_the_highest_of_any_day(self):
        provisioned = self.used(HEALTHY, {DAY: 0.25, NEXT_DAY: 0.5}, {DAY: 10.0, NEXT_DAY: 20.0})
        assert (provisioned.peak_utilization, provisioned.invocations) == (0.5, 30)

    def test_without_a_datapoint_it_is_unused_only_if_the_function_did_not_run(self):
        assert self.used(HEALTHY, {}, {}).peak_utilization is None
        assert self.used(replace(HEALTHY, usage=used(invocations=0)), {}, {}).peak_utilization == 0.0

    def test_where_metrics_are_refused_its_use_is_not_known(self):
        assert self.used(replace(HEALTHY, usage=None)).peak_utilization is None
