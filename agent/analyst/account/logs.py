"""Logs: groups with their size, class and retention, and a bounded sample of REPORT lines."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from agent.analyst.account.reading import Reading
from agent.analyst.analysis.estate import Gap
from agent.analyst.analysis.profile import FunctionProfile, LogClass, LogGroup, MemorySample, Window
from agent.analyst.rules.savings.memory_excess import FEWEST_REPORTS

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_logs.type_defs import LogGroupTypeDef

# A sample is taken from so many stretches of the window, each from another hour of the day on, so that neither one busy
# hour nor one quiet one stands for all of it.
SLICES = 8
REPORTS_PER_SLICE = 25
# A page of a large group may hold no match at all and still have a successor.
PAGES_PER_SLICE = 3
# In a group that others may share, most lines of a page may be theirs.
_LINES_PER_CUSTOM_PAGE = 250
# What DescribeLogGroups takes at once.
_GROUPS_PER_REQUEST = 50

_DEFAULT_PREFIX = "/aws/lambda/"
_TEXT_PATTERN = '"REPORT RequestId:"'
_JSON_PATTERN = '{ $.type = "platform.report" }'
_TEXT_REPORT = re.compile(r"Memory Size: (\d+) MB\s+Max Memory Used: (\d+) MB")
# Lambda writes the function's name into a stream's where the group may hold the logs of several:
# https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html
_STREAM = re.compile(r"\d{4}/\d{2}/\d{2}/([A-Za-z0-9_-]*)\[")
# FilterLogEvents and GetLogEvents are refused for all others:
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html
_NOT_SEARCHABLE = {LogClass.INFREQUENT_ACCESS, LogClass.DELIVERY}

_MEMORY_NOT_JUDGED = "memory sizes are not judged"
_LOGS_NOT_JUDGED = "the cost and retention of logs are not judged"


class Report(NamedTuple):
    """What a REPORT line says of memory, in MB."""

    memory_mb: int
    used_mb: int


def read_log_groups(
    client: CloudWatchLogsClient, reading: Reading, region: str, functions: Mapping[str, str]
) -> dict[str, tuple[LogGroup, datetime]]:
    """Log groups that exist, by their names, each with the time of its creation.

    Args:
        client: Of the region.
        reading: Takes the gaps.
        region: Where.
        functions: The function of each log group that is asked for, by the group's name.
    """
    custom = sorted(name for name in functions if not name.startswith(_DEFAULT_PREFIX))
    requests: list[dict[str, Any]] = [
        {"logGroupIdentifiers": custom[start : start + _GROUPS_PER_REQUEST]}
        for start in range(0, len(custom), _GROUPS_PER_REQUEST)
    ]
    if len(custom) < len(functions):
        requests.append({"logGroupNamePrefix": _DEFAULT_PREFIX})

    def read(request: dict[str, Any]) -> Sequence[LogGroupTypeDef]:
        asked = request.get("logGroupIdentifiers") or functions.keys() - custom
        pages = client.get_paginator("describe_log_groups").paginate
        described = reading.attempt(
            lambda: [group for page in pages(**request) for group in page["logGroups"]],
            source="logs:DescribeLogGroups",
            region=region,
            effect=_LOGS_NOT_JUDGED,
            about=[functions[name] for name in asked],
        )
        return [group for group in described or () if group["logGroupName"] in functions]

    found = itertools.chain.from_iterable(reading.each(read, requests))
    return {
        group["logGroupName"]: (
            _log_group(reading, region, group, functions[group["logGroupName"]]),
            _time(group["creationTime"]),
        )
        for group in found
    }


def _log_group(reading: Reading, region: str, group: LogGroupTypeDef, function: str) -> LogGroup:
    name = group.get("logGroupClass", "STANDARD")
    try:
        log_class = LogClass(name)
    except ValueError:
        log_class = LogClass.OTHER
        reading.add(
            Gap(
                source="logs:DescribeLogGroups",
                region=region,
                reason=f"the price of log class {name} is not known to this analysis",
                effect="the cost of these logs is in no figure",
            ),
            [function],
        )
    return LogGroup(
        name=group["logGroupName"],
        retention_days=group.get("retentionInDays"),
        stored_bytes=group.get("storedBytes", 0),
        log_class=log_class,
        metric_filters=group.get("metricFilterCount", 0),
    )


def read_subscription_filters(
    client: CloudWatchLogsClient, reading: Reading, profile: FunctionProfile, log_group: str
) -> int | None:
    """How many subscription filters read a log group, at most a page's worth; None where it is not told."""
    return reading.attempt(
        lambda: len(client.describe_subscription_filters(logGroupName=log_group)["subscriptionFilters"]),
        source="logs:DescribeSubscriptionFilters",
        region=profile.region,
        effect="whether subscriptions rule out a cheaper log class is not known",
        about=[profile.name],
    )


def read_first_event(
    client: CloudWatchLogsClient, reading: Reading, profile: FunctionProfile, log_group: str
) -> datetime | None:
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
        region=profile.region,
        effect="functions changed within the window are not judged idle",
        about=[profile.name],
    )


def read_memory(client: CloudWatchLogsClient, reading: Reading, profile: FunctionProfile) -> MemorySample | None:
    """The memory that a sample of a function's runs used, with the memory that it has today.

    None without such REPORT lines, or where they are not told. Fewer than it takes to judge are a gap, unless the
    function did not run more often.
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
    if profile.usage is not None and len(used) < min(FEWEST_REPORTS, profile.usage.invocations):
        _add_gap(reading, profile, f"fewer than {FEWEST_REPORTS} REPORT lines with today's memory size were found")
    return MemorySample(reports=len(used), peak_mb=max(used)) if used else None


def _add_gap(reading: Reading, profile: FunctionProfile, reason: str) -> None:
    gap = Gap(source="logs:FilterLogEvents", region=profile.region, reason=reason, effect=_MEMORY_NOT_JUDGED)
    reading.add(gap, [profile.name])


def report(message: str) -> Report | None:
    """What a REPORT line in text or JSON says; None if the line is something else."""
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
    """The memory that sampled runs used, in MB."""
    try:
        for stretch in _stretches(profile.window):
            yield from itertools.islice(_used_in(client, profile, stretch), REPORTS_PER_SLICE)
    except client.exceptions.ResourceNotFoundException:
        return  # a function that has never logged has no log group


def _stretches(window: Window) -> Iterator[Window]:
    """The window in parts; those of fourteen days begin 39 hours apart, so that no two begin at the same hour."""
    step = (window.end - window.start - timedelta(days=1)) / SLICES
    starts = [window.start + number * step for number in range(SLICES)]
    for start, end in itertools.pairwise([*starts, window.end]):
        yield Window(start=start, end=end)


def _used_in(client: CloudWatchLogsClient, profile: FunctionProfile, stretch: Window) -> Iterator[int]:
    pages = client.get_paginator("filter_log_events").paginate(
        logGroupName=profile.log_group_name,
        filterPattern=_JSON_PATTERN if profile.logs_as_json else _TEXT_PATTERN,
        startTime=_milliseconds(stretch.start),
        endTime=_milliseconds(stretch.end) - 1,
        PaginationConfig={"PageSize": REPORTS_PER_SLICE if _has_default_group(profile) else _LINES_PER_CUSTOM_PAGE},
    )
    for page in itertools.islice(pages, PAGES_PER_SLICE):
        for event in page["events"]:
            found = report(event["message"]) if _writes(profile, event["logStreamName"]) else None
            if found is not None and found.memory_mb == profile.memory_mb:
                yield found.used_mb


def _writes(profile: FunctionProfile, stream: str) -> bool:
    """Whether a stream is this function's: it says so, or is in its default group and names no other."""
    match = _STREAM.match(stream)
    named = match[1] if match else ""
    return named == profile.name or (not named and _has_default_group(profile))


def _has_default_group(profile: FunctionProfile) -> bool:
    return profile.log_group_name == f"{_DEFAULT_PREFIX}{profile.name}"


def _time(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1_000, UTC)


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000)
