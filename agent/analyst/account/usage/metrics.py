"""Turns CloudWatch's daily values into the usage of functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from agent.analyst.account.usage.series import Daily, Series
from agent.analyst.analysis.profile import FunctionProfile, PackageType, ProvisionedConcurrency, Usage, Window

# Calls are searched this far back: two weeks cannot tell a monthly job from an idle function. CloudWatch keeps daily
# values for 455 days, and 500 series of 90 days fit into one page of a response.
LOOKBACK_DAYS = 90


def lookback(window: Window) -> Window:
    """Return the look-back time: the `LOOKBACK_DAYS` up to a window's end."""
    return Window(start=window.end - timedelta(days=LOOKBACK_DAYS), end=window.end)


def invocations_series(profile: FunctionProfile) -> Series:
    """Return the series of a function's runs. It is read over the look-back time for all functions."""
    return _series(profile, "Invocations", "Sum")


def throttles_series(profile: FunctionProfile) -> Series:
    """Return the series of a function's throttles. It is read over the look-back time for functions without runs."""
    return _series(profile, "Throttles", "Sum")


def details_series(profile: FunctionProfile) -> list[Series]:
    """Return the other series that make up the usage of a function that ran."""
    return [
        _series(profile, "Errors", "Sum"),
        throttles_series(profile),
        _series(profile, "Duration", "Sum"),
        _series(profile, "Duration", "p95"),
        _series(profile, "Duration", "p99"),
        _series(profile, "Duration", "Maximum"),
        _series(profile, "ConcurrentExecutions", "Maximum"),
    ]


def async_events_series(profile: FunctionProfile) -> Series:
    """Return the series of events for asynchronous calls. It is read for functions with errors."""
    return _series(profile, "AsyncEventsReceived", "Sum")


def extensions_series(profile: FunctionProfile) -> Series:
    """Return the series of the time of extensions after runs. It is read for functions that may have extensions."""
    return _series(profile, "PostRuntimeExtensionsDuration", "Sum")


def closer_series(profile: FunctionProfile) -> list[Series]:
    """Return the series that matter only because of what is known about a function that ran."""
    if profile.usage is None or not profile.usage.invocations:
        return []
    may_have_extensions = bool(profile.layers) or profile.package_type is PackageType.IMAGE
    return [
        *([async_events_series(profile)] if profile.usage.errors else []),
        *([extensions_series(profile)] if may_have_extensions else []),
    ]


def with_closer_look(profile: FunctionProfile, found: Mapping[Series, Daily]) -> FunctionProfile:
    """Add what `closer_series` names to a function's usage. What was not read stays unknown."""
    if profile.usage is None:
        return profile
    events, extensions = found.get(async_events_series(profile)), found.get(extensions_series(profile))
    usage = replace(
        profile.usage,
        async_events=None if events is None else round(sum(events.values())),
        extensions_ms=None if extensions is None else round(sum(extensions.values()), 3),
    )
    return replace(profile, usage=usage)


# Most functions have none of these, so the total of their region, which Lambda publishes without a dimension, may show
# that no function has any.
_RARE = ("Errors", "Throttles")


def totals_series() -> list[Series]:
    """Return the series of a region's totals. They are read over the look-back time, before those of functions."""
    return [Series(namespace="AWS/Lambda", metric=metric, dimensions=(), statistic="Sum") for metric in _RARE]


def unreserved_series() -> Series:
    """Return the series of a region's instances of functions without reserved concurrency."""
    return Series(namespace="AWS/Lambda", metric="UnreservedConcurrentExecutions", dimensions=(), statistic="Maximum")


def is_zero(series: Series, found: Mapping[Series, Daily]) -> bool:
    """Return whether the total of the region shows that the series of a function has no value but zero.

    Lambda publishes zeros too: a total without any value shows nothing.
    """
    total = found.get(replace(series, dimensions=()))
    return bool(total) and not _days(total or {})


def _series(profile: FunctionProfile, metric: str, statistic: str) -> Series:
    return Series(
        namespace="AWS/Lambda", metric=metric, dimensions=(("FunctionName", profile.name),), statistic=statistic
    )


def ran(profile: FunctionProfile, found: Mapping[Series, Daily]) -> bool | None:
    """Return whether a function ran in its window; None if CloudWatch could not be read."""
    invocations = found.get(invocations_series(profile))
    return None if invocations is None else bool(_within(profile.window, invocations))


def first_activity(profile: FunctionProfile, found: Mapping[Series, Daily]) -> datetime | None:
    """Return the first day on which a function ran or was throttled; None without such a day."""
    called = (_days(found.get(series, {})) for series in (invocations_series(profile), throttles_series(profile)))
    return min((day for days in called for day in days), default=None)


def _within(window: Window, daily: Daily) -> dict[datetime, float]:
    return {day: daily[day] for day in _days(daily) if window.start <= day < window.end}


def _days(daily: Daily) -> list[datetime]:
    return [day for day, count in daily.items() if count]


def usage(profile: FunctionProfile, found: Mapping[Series, Daily]) -> Usage | None:
    """Return a function's usage; None if a part of it could not be read. A missing datapoint counts as zero."""
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
    """Return the usage of a function without runs in its window, with its silent days from the look-back time."""
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
    """Return the series of the use of provisioned concurrency."""
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
    """Add the use that CloudWatch reports to provisioned concurrency.

    Without a datapoint of the utilisation, it counts as unused only if the function did not run at all.
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
    """Return the series of the bytes written to a log group."""
    return Series(
        namespace="AWS/Logs", metric="IncomingBytes", dimensions=(("LogGroupName", log_group),), statistic="Sum"
    )
