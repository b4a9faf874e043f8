"""Reads daily values of many CloudWatch metrics, 500 series per request."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from agent.analyst.account.reading import Reading
from agent.analyst.analysis.estate import Gap
from agent.analyst.analysis.profile import Window

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef

QUERIES_PER_REQUEST = 500
# A full request takes CloudWatch long; more of them at once do not return sooner.
REQUESTS_AT_ONCE = 2
_DAY = 86_400
_SOURCE = "cloudwatch:GetMetricData"
_COMPLETE = "Complete"


@dataclass(frozen=True, kw_only=True)
class Series:
    """One statistic of one metric.

    Attributes:
        namespace: The metric's namespace.
        metric: The metric's name.
        dimensions: The metric's dimensions, as name and value; none for the total of a region.
        statistic: `Sum`, `Maximum` or a percentile such as `p99`.
    """

    namespace: str
    metric: str
    dimensions: tuple[tuple[str, str], ...]
    statistic: str

    @property
    def metric_key(self) -> tuple[str, str, tuple[tuple[str, str], ...]]:
        """What CloudWatch bills as one metric, with up to five statistics in a request."""
        return self.namespace, self.metric, self.dimensions

    @property
    def owners(self) -> Sequence[str]:
        """Return the function or log group that the metric belongs to; nothing for the total of a region."""
        return [value for _, value in self.dimensions[:1]]


Daily = Mapping[datetime, float]
"""Values by the beginning of their day (UTC); days without a value are missing."""


def read_series(
    client: CloudWatchClient, reading: Reading, window: Window, region: str, series: Sequence[Series], *, effect: str
) -> dict[Series, Daily]:
    """Read many series in as few requests as possible. A series that cannot be read is missing and becomes a gap.

    The total of a region only saves requests, so the report misses nothing without it: it becomes no gap.
    """

    def read(batch: Sequence[Series]) -> dict[Series, Daily]:
        reading.count_metrics(len({one.metric_key for one in batch}))
        answer = reading.attempt(
            lambda: _read_batch(client, window, batch),
            source=_SOURCE,
            region=region,
            effect=effect,
            about=[owner for one in batch for owner in one.owners],
        )
        complete: dict[Series, Daily] = {}
        for one, (status, daily) in (answer or {}).items():
            if status == _COMPLETE:
                complete[one] = daily
            elif one.owners:
                reading.add(Gap(source=_SOURCE, region=region, reason=status, effect=effect), one.owners)
        return complete

    merged: dict[Series, Daily] = {}
    for answer in reading.each(
        read, _batches(series), at_once=REQUESTS_AT_ONCE, doing=f"Reading the metrics of {region}, in requests of 500"
    ):
        merged.update(answer)
    return merged


def _batches(series: Sequence[Series]) -> Iterator[Sequence[Series]]:
    """Yield the series of each request. The statistics of a metric stay together: apart, each would be billed."""
    batch: list[Series] = []
    for _, statistics in itertools.groupby(series, lambda one: one.metric_key):
        together = list(statistics)
        if len(batch) + len(together) > QUERIES_PER_REQUEST:
            yield batch
            batch = []
        batch += together
    if batch:
        yield batch


def _read_batch(
    client: CloudWatchClient, window: Window, batch: Sequence[Series]
) -> dict[Series, tuple[str, dict[datetime, float]]]:
    """Read series, each with its status: a response can succeed although CloudWatch failed at some series."""
    queries: list[MetricDataQueryTypeDef] = [
        {
            "Id": f"q{number}",
            "MetricStat": {
                "Metric": {
                    "Namespace": one.namespace,
                    "MetricName": one.metric,
                    "Dimensions": [{"Name": name, "Value": value} for name, value in one.dimensions],
                },
                "Period": _DAY,
                "Stat": one.statistic,
            },
        }
        for number, one in enumerate(batch)
    ]
    found: list[dict[datetime, float]] = [{} for _ in batch]
    status = ["InternalError"] * len(batch)  # for series that are missing in the response
    pages = client.get_paginator("get_metric_data").paginate(
        MetricDataQueries=queries, StartTime=window.start, EndTime=window.end
    )
    for page in pages:
        for result in page["MetricDataResults"]:
            number = int(result["Id"][1:])
            found[number].update(zip(result["Timestamps"], result["Values"], strict=True))
            # The status is partial until a series' last page.
            status[number] = result["StatusCode"]
    return dict(zip(batch, zip(status, found, strict=True), strict=True))
