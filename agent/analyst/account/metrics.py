"""Usage: CloudWatch's daily figures of many functions, 500 to a request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from agent.analyst.account.reading import Reading
from agent.analyst.analysis.estate import Gap
from agent.analyst.analysis.profile import FunctionProfile, ProvisionedConcurrency, Usage, Window

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef

QUERIES_PER_REQUEST = 500
# A full request is a lot of work for CloudWatch; more of them at once do not come back sooner.
REQUESTS_AT_ONCE = 2
# How far back calls are looked for: two weeks do not tell what runs once a month from what nobody needs. CloudWatch
# keeps daily figures for 455 days, and 500 series of 90 fit into one page of an answer.
LOOKBACK_DAYS = 90
_DAY = 86_400
_SOURCE = "cloudwatch:GetMetricData"
_COMPLETE = "Complete"


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

    @property
    def owner(self) -> str:
        """The function or log group that it is about."""
        return self.dimensions[0][1]


Daily = Mapping[datetime, float]
"""Values by the beginning of their day; days without any are left out."""


def read_series(
    client: CloudWatchClient, reading: Reading, window: Window, region: str, series: Sequence[Series], *, effect: str
) -> dict[Series, Daily]:
    """Read many series, in as few requests as possible. Series that could not be read are left out."""

    def read(batch: Sequence[Series]) -> dict[Series, Daily]:
        answer = reading.attempt(
            lambda: _read_batch(client, window, batch),
            source=_SOURCE,
            region=region,
            effect=effect,
            about=[one.owner for one in batch],
        )
        complete: dict[Series, Daily] = {}
        for one, (status, daily) in (answer or {}).items():
            if status == _COMPLETE:
                complete[one] = daily
            else:
                reading.add(Gap(source=_SOURCE, region=region, reason=status, effect=effect), [one.owner])
        return complete

    merged: dict[Series, Daily] = {}
    for answer in reading.each(read, _batches(series), at_once=REQUESTS_AT_ONCE):
        merged.update(answer)
    return merged


def _batches(series: Sequence[Series]) -> Iterator[Sequence[Series]]:
    return (series[start : start + QUERIES_PER_REQUEST] for start in range(0, len(series), QUERIES_PER_REQUEST))


def _read_batch(
    client: CloudWatchClient, window: Window, batch: Sequence[Series]
) -> dict[Series, tuple[str, dict[datetime, float]]]:
    """Each series with its status: an answer as a whole succeeds even where CloudWatch failed at some of it."""
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
    status = ["InternalError"] * len(batch)  # for what an answer leaves out
    pages = client.get_paginator("get_metric_data").paginate(
        MetricDataQueries=queries, StartTime=window.start, EndTime=window.end
    )
    for page in pages:
        for result in page["MetricDataResults"]:
            number = int(result["Id"][1:])
            found[number].update(zip(result["Timestamps"], result["Values"], strict=True))
            # Until its last page, a series is partial.
            status[number] = result["StatusCode"]
    return dict(zip(batch, zip(status, found, strict=True), strict=True))


def lookback(window: Window) -> Window:
    """The longer time, up to a window's end, in which calls are looked for."""
    return Window(start=window.end - timedelta(days=LOOKBACK_DAYS), end=window.end)


def invocations_series(profile: FunctionProfile) -> Series:
    """How often a function ran: asked of all over the look-back, since most of a large account's do not run."""
    return _series(profile, "Invocations", "Sum")


def throttles_series(profile: FunctionProfile) -> Series:
    """How often it was not let run: of a function that did not run in the window, asked over the look-back too."""
    return _series(profile, "Throttles", "Sum")


def details_series(profile: FunctionProfile) -> list[Series]:
    """What else makes up the usage of a function that ran."""
    return [
        _series(profile, "Errors", "Sum"),
        throttles_series(profile),
        _series(profile, "Duration", "Sum"),
        _series(profile, "Duration", "p95"),
        _series(profile, "Duration", "p99"),
        _series(profile, "Duration", "Maximum"),
        _series(profile, "ConcurrentExecutions", "Maximum"),
    ]


def _series(profile: FunctionProfile, metric: str, statistic: str) -> Series:
    return Series(
        namespace="AWS/Lambda", metric=metric, dimensions=(("FunctionName", profile.name),), statistic=statistic
    )


def ran(profile: FunctionProfile, found: Mapping[Series, Daily]) -> bool | None:
    """Whether a function ran in its window; None where CloudWatch did not say."""
    invocations = found.get(invocations_series(profile))
    return None if invocations is None else bool(_within(profile.window, invocations))


def first_sign(profile: FunctionProfile, found: Mapping[Series, Daily]) -> datetime | None:
    """The first day on which a function was called, whether or not it could run; None without any."""
    called = (_days(found.get(series, {})) for series in (invocations_series(profile), throttles_series(profile)))
    return min((day for days in called for day in days), default=None)


def _within(window: Window, daily: Daily) -> dict[datetime, float]:
    return {day: daily[day] for day in _days(daily) if window.start <= day < window.end}


def _days(daily: Daily) -> list[datetime]:
    return [day for day, count in daily.items() if count]


def usage(profile: FunctionProfile, found: Mapping[Series, Daily]) -> Usage | None:
    """A function's usage; None if any part of it could not be read. CloudWatch keeps no zeros: no datapoint is none."""
    if invocations_series(profile) not in found:
        return None
    invocations = _within(profile.window, found[invocations_series(profile)])
    if not invocations:
        return _unused(profile, found)
    details = details_series(profile)
    if any(series not in found for series in details):
        return None
    errors, throttles, duration, p95, p99, longest, concurrency = (found[series] for series in details)
    return Usage(
        invocations=round(sum(invocations.values())),
        errors=round(sum(errors.values())),
        throttles=round(sum(throttles.values())),
        duration_ms=round(sum(duration.values()), 3),
        p95_ms=max(p95.values(), default=None),
        p99_ms=max(p99.values(), default=None),
        longest_ms=max(longest.values(), default=None),
        peak_concurrency=round(max(concurrency.values())) if concurrency else None,
        first_day=min(invocations),
    )


def _unused(profile: FunctionProfile, found: Mapping[Series, Daily]) -> Usage | None:
    """The usage of a function that did not run in its window, with what the look-back says of it."""
    throttles = found.get(throttles_series(profile))
    if throttles is None:
        return None
    last = max([*_days(found[invocations_series(profile)]), *_days(throttles)], default=None)
    silent = LOOKBACK_DAYS if last is None else (profile.window.end - last).days - 1
    return Usage(
        invocations=0,
        throttles=round(sum(_within(profile.window, throttles).values())),
        silent_days=max(0, silent),
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
