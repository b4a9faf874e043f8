"""Reads log groups: their size, class, retention, filters and age."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from agent.analyst.account.reading import Reading
from agent.analyst.analysis.estate import Gap
from agent.analyst.analysis.facts.shared_logs import SharedLogGroup
from agent.analyst.analysis.profile import LOG_GROUP_PREFIX, FunctionProfile, LogClass, LogGroup

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_logs.type_defs import DescribeLogGroupsResponseTypeDef, LogGroupTypeDef

_NAMES_PER_REQUEST = 50


def read_log_groups(
    client: CloudWatchLogsClient, reading: Reading, region: str, functions: Mapping[str, str]
) -> dict[str, tuple[LogGroup, datetime]]:
    """Return the log groups that exist, by name, each with the time of its creation.

    Args:
        client: A client of the region.
        reading: Takes the gaps.
        region: The region.
        functions: The function's name by log group's name, for each group to read. Each begins with `/aws/lambda/`.
    """
    if not functions:
        return {}
    pages, _ = reading.pages(
        client.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=LOG_GROUP_PREFIX),
        source="logs:DescribeLogGroups",
        region=region,
        effect="the cost and retention of logs are not judged",
        missing=lambda pages: [
            functions[name] for name in functions.keys() - {one["logGroupName"] for one in _groups(pages)}
        ],
    )
    return {
        group["logGroupName"]: (
            _log_group(reading, region, group, [functions[group["logGroupName"]]]),
            _time(group["creationTime"]),
        )
        for group in _groups(pages)
        if group["logGroupName"] in functions
    }


def read_shared_groups(
    client: CloudWatchLogsClient, reading: Reading, region: str, writers: Mapping[str, Sequence[str]]
) -> list[SharedLogGroup]:
    """Return the log groups that exist, of any name: one request for every 50.

    Args:
        client: A client of the region.
        reading: Takes the gaps.
        region: The region.
        writers: The functions' names by log group's name.
    """
    found = [
        group for wanted in _in_requests(sorted(writers)) for group in _named(client, reading, region, wanted, writers)
    ]
    return [
        SharedLogGroup(
            region=region,
            group=_log_group(reading, region, group, writers[group["logGroupName"]]),
            functions=tuple(sorted(writers[group["logGroupName"]])),
        )
        for group in found
    ]


def _in_requests(names: Sequence[str]) -> Iterable[Sequence[str]]:
    return (names[start : start + _NAMES_PER_REQUEST] for start in range(0, len(names), _NAMES_PER_REQUEST))


def _named(
    client: CloudWatchLogsClient,
    reading: Reading,
    region: str,
    wanted: Sequence[str],
    writers: Mapping[str, Sequence[str]],
) -> Sequence[LogGroupTypeDef]:
    pages, _ = reading.pages(
        client.get_paginator("describe_log_groups").paginate(logGroupIdentifiers=wanted),
        source="logs:DescribeLogGroups",
        region=region,
        effect="the cost of shared log groups is not included",
        missing=lambda _: [name for group in wanted for name in writers[group]],
    )
    return [group for group in _groups(pages) if group["logGroupName"] in wanted]


def _groups(pages: Iterable[DescribeLogGroupsResponseTypeDef]) -> list[LogGroupTypeDef]:
    return [group for page in pages for group in page["logGroups"]]


def _log_group(reading: Reading, region: str, group: LogGroupTypeDef, writers: Sequence[str]) -> LogGroup:
    name = group.get("logGroupClass", "STANDARD")
    try:
        log_class = LogClass(name)
    except ValueError:
        log_class = LogClass.OTHER
        reading.add(
            Gap(
                source="logs:DescribeLogGroups",
                region=region,
                reason=f"the price of log class {name} is not known",
                effect="the cost of these logs is not included",
            ),
            writers,
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
    """Return the number of a log group's subscription filters, one page at most; None if it cannot be read."""
    return reading.attempt(
        lambda: len(client.describe_subscription_filters(logGroupName=log_group)["subscriptionFilters"]),
        source="logs:DescribeSubscriptionFilters",
        region=profile.region,
        effect="whether subscription filters prevent a cheaper log class is not known",
        about=[profile.name],
    )


def read_first_event(
    client: CloudWatchLogsClient, reading: Reading, profile: FunctionProfile, log_group: str
) -> datetime | None:
    """Return when a log group's oldest stream began; None without streams, or if they cannot be read."""

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
        effect="functions that were changed in the window are not judged idle",
        about=[profile.name],
    )


def _time(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1_000, UTC)
