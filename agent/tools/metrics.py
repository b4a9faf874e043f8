"""Usage: CloudWatch's daily figures of many functions, 500 to a request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from agent.analysis.profile import FunctionProfile, ProvisionedConcurrency, Usage, Window
from agent.tools.reading import Reading

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef

QUERIES_PER_REQUEST = 500
# A full request is a lot of work for CloudWatch; more of them at once do not come back sooner.
REQUESTS_AT_ONCE = 2
_DAY = 86_400


@dataclass(frozen=True, kw_only=True)
class Series:
    """One statistic of one metric.

    Attributes:
        namespace: The metric's namespace.
        metric: Its name.
        dimensions: Its dimensions, as name and value.
        statistic: `Sum`, `Maximum` or a percentile such as `p99`.
    """

    namespace: str
    metric: str
    dimensions: tuple[tuple[str, str], ...]
    statistic: str


Daily = Mapping[datetime, float]
"""Values by the beginning of their day; days without any are left out."""


def read_series(
    client: CloudWatchClient, reading: Reading, window: Window, region: str, series: Sequence[Series], *, effect: str
) -> dict[Series, Daily]:
    """Read many series, in as few requests as possible. Series that could not be read are left out."""

    def read(batch: Sequence[Series]) -> dict[Series, Daily] | None:
        return reading.attempt(
            lambda: _read_batch(client, window, batch), source="cloudwatch:GetMetricData", region=region, effect=effect
        )

    merged: dict[Series, Daily] = {}
    for answer in reading.each(read, _batches(series), at_once=REQUESTS_AT_ONCE):
        merged.update(answer or {})
    return merged


def _batches(series: Sequence[Series]) -> Iterator[Sequence[Series]]:
    return (series[start : start + QUERIES_PER_REQUEST] for start in range(0, len(series), QUERIES_PER_REQUEST))


def _read_batch(client: CloudWatchClient, window: Window, batch: Sequence[Series]) -> dict[Series, Daily]:
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
    pages = client.get_paginator("get_metric_data").paginate(
        MetricDataQueries=queries, StartTime=window.start, EndTime=window.end
    )
    for page in pages:
        for result in page["MetricDataResults"]:
            found[int(result["Id"][1:])].update(zip(result["Timestamps"], result["Values"], strict=True))
    return dict(zip(batch, found, strict=True))


def invocations_series(profile: FunctionProfile) -> Series:
    """How often a function ran: what is asked of all, since most functions of a large account do not run."""
    return Series(
        namespace="AWS/Lambda",
        metric="Invocations",
        dimensions=(("FunctionName", profile.name),),
        statistic="Sum",
    )


def details_series(profile: FunctionProfile) -> list[Series]:
    """What else makes up the usage of a function that ran."""
    dimensions = (("FunctionName", profile.name),)
    return [
        Series(namespace="AWS/Lambda", metric=metric, dimensions=dimensions, statistic=statistic)
        for metric, statistic in (
            ("Errors", "Sum"),
            ("Throttles", "Sum"),
            ("Duration", "Sum"),
            ("Duration", "p95"),
            ("Duration", "p99"),
            ("ConcurrentExecutions", "Maximum"),
        )
    ]


def usage(profile: FunctionProfile, found: Mapping[Series, Daily]) -> Usage | None:
    """A function's usage; None if any part of it could not be read. CloudWatch keeps no zeros: no datapoint is none."""
    invocations = found.get(invocations_series(profile))
    if invocations is None:
        return None
    if not any(invocations.values()):
        return Usage(invocations=0)
    details = details_series(profile)
    if any(series not in found for series in details):
        return None
    errors, throttles, duration, p95, p99, concurrency = (found[series] for series in details)
    return Usage(
        invocations=round(sum(invocations.values())),
        errors=round(sum(errors.values())),
        throttles=round(sum(throttles.values())),
        duration_ms=round(sum(duration.values()), 3),
        p95_ms=max(p95.values(), default=None),
        p99_ms=max(p99.values(), default=None),
        peak_concurrency=round(max(concurrency.values())) if concurrency else None,
        first_day=min(day for day, count in invocations.items() if count),
    )


def provisioned_series(profile: FunctionProfile, provisioned: ProvisionedConcurrency) -> list[Series]:
    """The series that tell how provisioned concurrency was used."""
    dimensions = (("FunctionName", profile.name), ("Resource", f"{profile.name}:{provisioned.qualifier}"))
    return [
        Series(namespace="AWS/Lambda", metric=metric, dimensions=dimensions, statistic=statistic)
        for metric, statistic in (
            ("ProvisionedConcurrencyUtilization", "Maximum"),
            ("ProvisionedConcurrencyInvocations", "Sum"),
        )
    ]


def provisioned_usage(
    profile: FunctionProfile, provisioned: ProvisionedConcurrency, found: Mapping[Series, Daily]
) -> ProvisionedConcurrency:
    """The same provisioned concurrency, with what CloudWatch says of its use.

    Without a datapoint of its utilisation it counts as unused only if the function did not run at all.
    """
    utilization, invocations = (found.get(one) for one in provisioned_series(profile, provisioned))
    peak = max(utilization.values(), default=None) if utilization is not None else None
    if peak is None and profile.usage is not None and not profile.usage.invocations:
        peak = 0.0
    return replace(
        provisioned,
        peak_utilization=None if peak is None else min(1.0, peak),
        invocations=round(sum((invocations or {}).values())),
    )


def log_series(log_group: str) -> Series:
    """What is written to a log group."""
    return Series(
        namespace="AWS/Logs", metric="IncomingBytes", dimensions=(("LogGroupName", log_group),), statistic="Sum"
    )
