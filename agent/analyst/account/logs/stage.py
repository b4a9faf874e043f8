"""The stage that reads the log groups of a region's functions."""

from __future__ import annotations

import collections
from collections.abc import Mapping, Sequence
from dataclasses import replace

from agent.analyst.account.clients import Clients
from agent.analyst.account.logs import groups as log_groups
from agent.analyst.account.reading import Reading
from agent.analyst.account.usage import metrics, series
from agent.analyst.analysis.estate import Gap
from agent.analyst.analysis.facts.shared_logs import SharedLogGroup
from agent.analyst.analysis.profile import FunctionProfile, LogClass, LogGroup, Window
from agent.analyst.analysis.thresholds import MIN_LOG_BYTES_PER_MONTH


def read(
    clients: Clients, reading: Reading, window: Window, region: str, profiles: Sequence[FunctionProfile]
) -> tuple[list[FunctionProfile], list[SharedLogGroup]]:
    """Return the functions of a region with their log groups and an updated `known_since`, and the shared groups."""
    client = clients.get("logs", region)
    sharing = collections.Counter(profile.log_group_name for profile in profiles)
    own = [profile for profile in profiles if profile.has_own_log_group and sharing[profile.log_group_name] == 1]
    # CloudWatch does not count the bytes of each writer. Of a group that one function writes to and that has another
    # name, nothing shows that it is for functions: other services may write to it.
    writers: dict[str, list[str]] = collections.defaultdict(list)
    for profile in profiles:
        if sharing[profile.log_group_name] > 1:
            writers[profile.log_group_name].append(profile.name)
    shared = [name for names in writers.values() for name in names]
    foreign = [one.name for one in profiles if not one.has_own_log_group and one.log_group_name not in writers]
    for names, reason, effect in (
        (shared, "several functions write to the same log group", "its cost counts once, and belongs to no function"),
        (foreign, "the log group is not named after its function", "its cost is not included"),
    ):
        if names:
            effect = f"{effect}; its retention and class are not judged: find out who writes to it"
            reading.add(Gap(source="logs:DescribeLogGroups", region=region, reason=reason, effect=effect), names)
    names_by_group = {profile.log_group_name: profile.name for profile in own}
    groups = log_groups.read_log_groups(client, reading, region, names_by_group)
    others = log_groups.read_shared_groups(client, reading, region, writers)
    unwritten = {profile.log_group_name for profile in own if profile.is_silent}
    incoming: dict[series.Series, series.Daily] = {
        metrics.log_series(name): {} for name in unwritten
    } | series.read_series(
        clients.get("cloudwatch", region),
        reading,
        window,
        region,
        [
            metrics.log_series(name)
            for name in sorted({*groups, *(one.group.name for one in others)})
            if name not in unwritten
        ],
        effect="the cost of log ingestion is not known",
    )

    def with_log_group(profile: FunctionProfile) -> FunctionProfile:
        if profile.log_group_name not in groups:
            return profile
        group, created = groups[profile.log_group_name]
        group = _written(group, incoming)
        if _is_expensive(group, window):
            filters = log_groups.read_subscription_filters(client, reading, profile, group.name)
            group = replace(group, subscription_filters=filters)
        found = replace(profile.with_activity(created), log_group=group)
        if found.known_since > window.start and found.usage is not None and not found.usage.invocations:
            # It did not run in the window. Only an old log event can show that it is idle and not new.
            return found.with_activity(log_groups.read_first_event(client, reading, profile, group.name))
        return found

    with_groups = {
        profile.key: profile
        for profile in reading.each(with_log_group, own, doing=f"Reading the log groups of {region}")
    }
    return (
        [_silent_while_known(with_groups.get(profile.key, profile)) for profile in profiles],
        [replace(one, group=_written(one.group, incoming)) for one in others],
    )


def _written(group: LogGroup, incoming: Mapping[series.Series, series.Daily]) -> LogGroup:
    written = incoming.get(metrics.log_series(group.name))
    return replace(group, incoming_bytes=None if written is None else round(sum(written.values())))


def _silent_while_known(profile: FunctionProfile) -> FunctionProfile:
    """Limit `silent_days` to the time since which the function is known."""
    if profile.usage is None or profile.usage.silent_days is None:
        return profile
    known_days = max(0, (profile.window.end - profile.known_since).days)
    return replace(profile, usage=replace(profile.usage, silent_days=min(profile.usage.silent_days, known_days)))


def _is_expensive(group: LogGroup, window: Window) -> bool:
    """Return whether a cheaper class may be proposed for a log group, so that its filters must be read."""
    return (
        group.log_class is LogClass.STANDARD
        and not group.metric_filters
        and (group.incoming_bytes or 0) * float(window.per_month) >= MIN_LOG_BYTES_PER_MONTH
    )
