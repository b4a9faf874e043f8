"""Reads the memory that runs used from a bounded sample of REPORT lines."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from agent.analyst.account.reading import Reading
from agent.analyst.analysis.estate import Gap
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

_TEXT_PATTERN = '"REPORT RequestId:"'
_JSON_PATTERN = '{ $.type = "platform.report" }'
_TEXT_REPORT = re.compile(r"Memory Size: (\d+) MB\s+Max Memory Used: (\d+) MB")
# The name of a stream contains the function's name where several functions may share the group:
# https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html
_STREAM = re.compile(r"\d{4}/\d{2}/\d{2}/([A-Za-z0-9_-]*)\[")
# FilterLogEvents and GetLogEvents do not work for these classes:
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html
_NOT_SEARCHABLE = {LogClass.INFREQUENT_ACCESS, LogClass.DELIVERY}

_MEMORY_NOT_JUDGED = "memory sizes are not judged"


class Report(NamedTuple):
    """The memory sizes of a REPORT line, in MB."""

    memory_mb: int
    used_mb: int


def read_memory(client: CloudWatchLogsClient, reading: Reading, profile: FunctionProfile) -> MemorySample | None:
    """Sample the memory that a function's runs used; None without REPORT lines, or if they cannot be read.

    Only runs with the function's current memory size count. Too few lines become a gap, unless the function did not
    run more often.
    """
    if profile.log_group is not None and profile.log_group.log_class in _NOT_SEARCHABLE:
        _add_gap(reading, profile, f"log groups of class {profile.log_group.log_class} cannot be searched")
        return None
    used = reading.attempt(
        lambda: list(_used(client, profile)),
        source="logs:FilterLogEvents",
        region=profile.region,
        effect=_MEMORY_NOT_JUDGED,
        about=[profile.name],
    )
    if used is None:
        return None
    if profile.usage is not None and len(used) < min(MIN_REPORTS, profile.usage.invocations):
        _add_gap(reading, profile, f"fewer than {MIN_REPORTS} REPORT lines with the current memory size were found")
    return MemorySample(reports=len(used), peak_mb=max(used)) if used else None


def _add_gap(reading: Reading, profile: FunctionProfile, reason: str) -> None:
    gap = Gap(source="logs:FilterLogEvents", region=profile.region, reason=reason, effect=_MEMORY_NOT_JUDGED)
    reading.add(gap, [profile.name])


def report(message: str) -> Report | None:
    """Parse a REPORT line in text or JSON; None if the line is something else."""
    if match := _TEXT_REPORT.search(message):
        return Report(memory_mb=int(match[1]), used_mb=int(match[2]))
    if not message.startswith("{"):
        return None
    try:
        metrics = json.loads(message)["record"]["metrics"]
        return Report(memory_mb=int(metrics["memorySizeMB"]), used_mb=int(metrics["maxMemoryUsedMB"]))
    except (ValueError, KeyError, TypeError):
        return None


def _used(client: CloudWatchLogsClient, profile: FunctionProfile) -> Iterator[int]:
    """Yield the memory that sampled runs used, in MB."""
    try:
        for part in _slices(profile.window):
            yield from itertools.islice(_used_in(client, profile, part), REPORTS_PER_SLICE)
    except client.exceptions.ResourceNotFoundException:
        return  # a function that never wrote a log has no group


def _slices(window: Window) -> Iterator[Window]:
    """Cut the window into slices. Those of a 14-day window begin 39 hours apart, each at another hour of the day."""
    step = (window.end - window.start - timedelta(days=1)) / SLICES
    starts = [window.start + number * step for number in range(SLICES)]
    for start, end in itertools.pairwise([*starts, window.end]):
        yield Window(start=start, end=end)


def _used_in(client: CloudWatchLogsClient, profile: FunctionProfile, part: Window) -> Iterator[int]:
    pages = client.get_paginator("filter_log_events").paginate(
        logGroupName=profile.log_group_name,
        filterPattern=_JSON_PATTERN if profile.logs_as_json else _TEXT_PATTERN,
        startTime=_milliseconds(part.start),
        endTime=_milliseconds(part.end) - 1,
        PaginationConfig={"PageSize": REPORTS_PER_SLICE if profile.has_own_log_group else _LINES_PER_CUSTOM_PAGE},
    )
    for page in itertools.islice(pages, PAGES_PER_SLICE):
        for event in page["events"]:
            found = report(event["message"]) if _writes(profile, event["logStreamName"]) else None
            if found is not None and found.memory_mb == profile.memory_mb:
                yield found.used_mb


def _writes(profile: FunctionProfile, stream: str) -> bool:
    """Return whether a stream is the function's: it has its name, or no name and is in the default group."""
    match = _STREAM.match(stream)
    named = match[1] if match else ""
    return named == profile.name or (not named and profile.has_own_log_group)


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000)
