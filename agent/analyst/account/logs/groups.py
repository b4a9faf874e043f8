"""Reads log groups: their size, class, retention, filters and age."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from agent.analyst.account.reading import Reading
from agent.analyst.analysis.estate import Gap
from agent.analyst.analysis.profile import LOG_GROUP_PREFIX, FunctionProfile, LogClass, LogGroup

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_logs.type_defs import DescribeLogGroupsResponseTypeDef, LogGroupTypeDef


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
            _log_group(reading, region, group, functions[group["logGroupName"]]),
            _time(group["creationTime"]),
        )
        for group in _groups(pages)
        if group["logGroupName"] in functions
    }


def _groups(pages: Iterable[DescribeLogGroupsResponseTypeDef]) -> list[LogGroupTypeDef]:
    return [group for page in pages for group in page["logGroups"]]


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
                reason=f"the price of log class {name} is not known",
                effect="the cost of these logs is not included",
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
