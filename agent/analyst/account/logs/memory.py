"""Reads the memory that runs used, and their cold starts, from a bounded sample of REPORT lines."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from statistics import fmean
from typing import TYPE_CHECKING

from agent.analyst.account.logs import report_line
from agent.analyst.account.logs.report_line import Report
from agent.analyst.account.reading import Reading
from agent.analyst.analysis.estate import Gap
from agent.analyst.analysis.facts.use import InitUse
from agent.analyst.analysis.profile import FunctionProfile, LogClass, MemorySample, Window
from agent.analyst.analysis.thresholds import MIN_REPORTS

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

# The window is sampled in this many slices. Each begins at another hour of the day, so that neither a busy hour nor a
# quiet one dominates the sample.
SLICES = 8
REPORTS_PER_SLICE = 25
# A page of a large group may contain no match and still have a next page.
PAGES_PER_SLICE = 3
# In a group that functions may share, most lines of a page may belong to others.
_LINES_PER_CUSTOM_PAGE = 250

# The name of a stream contains the function's name where several functions may share the group:
# https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html
_STREAM = re.compile(r"\d{4}/\d{2}/\d{2}/([A-Za-z0-9_-]*)\[")
# FilterLogEvents and GetLogEvents do not work for these classes:
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html
_NOT_SEARCHABLE = {LogClass.INFREQUENT_ACCESS, LogClass.DELIVERY}

_SOURCE = "logs:FilterLogEvents"
_MEMORY_NOT_JUDGED = "memory sizes and cold starts are not judged"


def with_reports(client: CloudWatchLogsClient, reading: Reading, profile: FunctionProfile) -> FunctionProfile:
    """Return a function with the memory use and the cold starts of its sampled runs, if there are REPORT lines.

    Only runs with the function's current memory size count. Too few lines become a gap, unless the function did not
    run more often.
    """
    if profile.log_group is not None and profile.log_group.log_class in _NOT_SEARCHABLE:
        _add_gap(reading, profile, f"log groups of class {profile.log_group.log_class} cannot be searched")
        return profile
    slices, complete = reading.pages(
        _sampled(client, profile),
        source=_SOURCE,
        region=profile.region,
        effect=_MEMORY_NOT_JUDGED,
        missing=lambda _: [profile.name],
    )
    if not complete:
        return profile
    reports = [report for reports in slices for report in reports]
    if profile.usage is not None and len(reports) < min(MIN_REPORTS, profile.usage.invocations):
        _add_gap(reading, profile, f"fewer than {MIN_REPORTS} REPORT lines with the current memory size were found")
    return replace(profile, memory=_memory(reports), init=_init(reports)) if reports else profile


def _memory(reports: Sequence[Report]) -> MemorySample:
    return MemorySample(reports=len(reports), peak_mb=max(report.used_mb for report in reports))


def _init(reports: Sequence[Report]) -> InitUse:
    started = [report.init_ms for report in reports if report.init_ms is not None]
    restored = [report.restore_ms for report in reports if report.restore_ms is not None]
    return InitUse(
        reports=len(reports),
        cold_starts=len(started),
        init_ms=fmean(started) if started else 0.0,
        restores=len(restored),
        restore_ms=fmean(restored) if restored else 0.0,
    )


def _add_gap(reading: Reading, profile: FunctionProfile, reason: str) -> None:
    gap = Gap(source=_SOURCE, region=profile.region, reason=reason, effect=_MEMORY_NOT_JUDGED)
    reading.add(gap, [profile.name])


def _sampled(client: CloudWatchLogsClient, profile: FunctionProfile) -> Iterator[Sequence[Report]]:
    """Yield the sampled lines of each slice."""
    try:
        for part in _slices(profile.window):
            yield list(itertools.islice(_reports(client, profile, part), REPORTS_PER_SLICE))
    except client.exceptions.ResourceNotFoundException:
        return  # a function that never wrote a log has no group


def _slices(window: Window) -> Iterator[Window]:
    """Cut the window into slices. Those of a 14-day window begin 39 hours apart, each at another hour of the day."""
    step = (window.end - window.start - timedelta(days=1)) / SLICES
    starts = [window.start + number * step for number in range(SLICES)]
    for start, end in itertools.pairwise([*starts, window.end]):
        yield Window(start=start, end=end)


def _reports(client: CloudWatchLogsClient, profile: FunctionProfile, part: Window) -> Iterator[Report]:
    pages = client.get_paginator("filter_log_events").paginate(
        logGroupName=profile.log_group_name,
        filterPattern=report_line.JSON_PATTERN if profile.logs_as_json else report_line.TEXT_PATTERN,
        startTime=_milliseconds(part.start),
        endTime=_milliseconds(part.end) - 1,
        PaginationConfig={"PageSize": REPORTS_PER_SLICE if profile.has_own_log_group else _LINES_PER_CUSTOM_PAGE},
    )
    for page in itertools.islice(pages, PAGES_PER_SLICE):
        for event in page["events"]:
            found = report_line.parse(event["message"]) if _writes(profile, event["logStreamName"]) else None
            if found is not None and found.memory_mb == profile.memory_mb:
                yield found


def _writes(profile: FunctionProfile, stream: str) -> bool:
    """Return whether a stream is the function's: it has its name, or no name and is in the default group."""
    match = _STREAM.match(stream)
    named = match[1] if match else ""
    return named == profile.name or (not named and profile.has_own_log_group)


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000)
