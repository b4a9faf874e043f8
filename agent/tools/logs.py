"""Logs: groups with their size and retention, and a bounded sample of REPORT lines."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from agent.analysis.profile import FunctionProfile, LogClass, LogGroup, MemorySample
from agent.tools.reading import Reading

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

# A sample is taken from so many stretches of the window, so that one busy hour does not stand for all of it.
SLICES = 4
REPORTS_PER_SLICE = 50
# A page of a large group may hold no match at all and still have a successor.
PAGES_PER_SLICE = 3

_DEFAULT_PREFIX = "/aws/lambda/"
_TEXT_PATTERN = '"REPORT RequestId:"'
_JSON_PATTERN = '{ $.type = "platform.report" }'
_MAX_MEMORY_USED = re.compile(r"Max Memory Used: (\d+) MB")


def read_log_groups(
    client: CloudWatchLogsClient, reading: Reading, region: str, names: Iterable[str]
) -> dict[str, tuple[LogGroup, datetime]] | None:
    """The named log groups that exist, each with the time of its creation; None where they could not be read."""
    wanted = set(names)

    def read() -> dict[str, tuple[LogGroup, datetime]]:
        return {group.name: (group, created) for group, created in _groups(client, wanted) if group.name in wanted}

    return reading.attempt(
        read, source="logs:DescribeLogGroups", region=region, effect="the cost and retention of logs are not judged"
    )


def _groups(client: CloudWatchLogsClient, wanted: set[str]) -> Iterator[tuple[LogGroup, datetime]]:
    prefixes = {name for name in wanted if not name.startswith(_DEFAULT_PREFIX)}
    if len(prefixes) < len(wanted):
        prefixes.add(_DEFAULT_PREFIX)
    for prefix in sorted(prefixes):
        for page in client.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=prefix):
            for group in page["logGroups"]:
                yield (
                    LogGroup(
                        name=group["logGroupName"],
                        retention_days=group.get("retentionInDays"),
                        stored_bytes=group.get("storedBytes", 0),
                        log_class=LogClass(group.get("logGroupClass", "STANDARD")),
                        metric_filters=group.get("metricFilterCount", 0),
                    ),
                    _time(group["creationTime"]),
                )


def read_first_event(client: CloudWatchLogsClient, reading: Reading, region: str, log_group: str) -> datetime | None:
    """When a log group's least recent stream began; None without streams, or where they could not be read."""

    def read() -> datetime | None:
        streams = client.describe_log_streams(
            logGroupName=log_group, orderBy="LastEventTime", descending=False, limit=1
        )["logStreams"]
        first = streams[0].get("firstEventTimestamp") if streams else None
        return None if first is None else _time(first)

    return reading.attempt(
        read,
        source="logs:DescribeLogStreams",
        region=region,
        effect="functions changed within the window are not judged idle",
    )


def read_memory(client: CloudWatchLogsClient, reading: Reading, profile: FunctionProfile) -> MemorySample | None:
    """The memory that a sample of a function's runs used; None without REPORT lines, or where they are not told."""
    used = reading.attempt(
        lambda: [megabytes for message in _reports(client, profile) if (megabytes := max_memory_used(message))],
        source="logs:FilterLogEvents",
        region=profile.region,
        effect="memory sizes are not judged",
    )
    return MemorySample(reports=len(used), peak_mb=max(used)) if used else None


def max_memory_used(message: str) -> int | None:
    """The `Max Memory Used` of a REPORT line in text or JSON, in MB; None if the line is something else."""
    if match := _MAX_MEMORY_USED.search(message):
        return int(match[1])
    if not message.startswith("{"):
        return None
    try:
        megabytes = json.loads(message)["record"]["metrics"]["maxMemoryUsedMB"]
    except (ValueError, KeyError, TypeError):
        return None
    return int(megabytes)


def _reports(client: CloudWatchLogsClient, profile: FunctionProfile) -> Iterator[str]:
    window = profile.window
    step = (window.end - window.start) / SLICES
    for number in range(SLICES):
        start = window.start + number * step
        pages = client.get_paginator("filter_log_events").paginate(
            logGroupName=profile.log_group_name,
            filterPattern=_JSON_PATTERN if profile.logs_as_json else _TEXT_PATTERN,
            startTime=_milliseconds(start),
            endTime=_milliseconds(start + step) - 1,
            PaginationConfig={"MaxItems": REPORTS_PER_SLICE, "PageSize": REPORTS_PER_SLICE},
        )
        try:
            for page in itertools.islice(pages, PAGES_PER_SLICE):
                yield from (event["message"] for event in page["events"])
        except client.exceptions.ResourceNotFoundException:
            return  # a function that has never logged has no log group


def _time(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1_000, UTC)


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000)
