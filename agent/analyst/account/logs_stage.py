"""The stage in which a region's log groups are read: what they cost, who reads them, and how old they are."""

from __future__ import annotations

import collections
from collections.abc import Sequence
from dataclasses import replace

from agent.analyst.account import logs, metrics
from agent.analyst.account.clients import Clients
from agent.analyst.account.reading import Reading
from agent.analyst.analysis.estate import Gap
from agent.analyst.analysis.profile import FunctionProfile, LogClass, LogGroup, Window
from agent.analyst.rules.savings.log_class import LEAST_BYTES_PER_MONTH


def read(
    clients: Clients, reading: Reading, window: Window, region: str, profiles: Sequence[FunctionProfile]
) -> list[FunctionProfile]:
    """The functions of a region, with their log groups and what those tell of their age."""
    client = clients.get("logs", region)
    # What a group costs cannot be told apart among the functions that share it.
    sharing = collections.Counter(profile.log_group_name for profile in profiles)
    own = [profile for profile in profiles if sharing[profile.log_group_name] == 1]
    shared = [profile.name for profile in profiles if sharing[profile.log_group_name] > 1]
    if shared:
        reading.add(
            Gap(
                source="logs:DescribeLogGroups",
                region=region,
                reason="several functions write to the same log group",
                effect="the cost of that group is in no figure, and its retention and class are not judged",
            ),
            shared,
        )
    names = {profile.log_group_name: profile.name for profile in own}
    groups = logs.read_log_groups(client, reading, region, names)
    incoming = metrics.read_series(
        clients.get("cloudwatch", region),
        reading,
        window,
        region,
        [metrics.log_series(name) for name in sorted(groups)],
        effect="the cost of log ingestion is not known",
    )

    def with_log_group(profile: FunctionProfile) -> FunctionProfile:
        if profile.log_group_name not in groups:
            return profile
        group, created = groups[profile.log_group_name]
        written = incoming.get(metrics.log_series(group.name))
        group = replace(group, incoming_bytes=None if written is None else round(sum(written.values())))
        if _is_dear(group, window):
            filters = logs.read_subscription_filters(client, reading, profile, group.name)
            group = replace(group, subscription_filters=filters)
        told = replace(profile.seen(created), log_group=group)
        if told.known_since > window.start and told.usage is not None and not told.usage.invocations:
            # It has not run in the window; whether it is idle or new, only an old log event can tell.
            return told.seen(logs.read_first_event(client, reading, profile, group.name))
        return told

    alone = {profile.key: profile for profile in reading.each(with_log_group, own)}
    return [_silent_while_known(alone.get(profile.key, profile)) for profile in profiles]


def _silent_while_known(profile: FunctionProfile) -> FunctionProfile:
    """The same, silent for no longer than it is known to be there."""
    if profile.usage is None or profile.usage.silent_days is None:
        return profile
    known_days = max(0, (profile.window.end - profile.known_since).days)
    return replace(profile, usage=replace(profile.usage, silent_days=min(profile.usage.silent_days, known_days)))


def _is_dear(group: LogGroup, window: Window) -> bool:
    """Whether another class may be proposed for a log group, so that it matters who reads it."""
    return (
        group.log_class is LogClass.STANDARD
        and not group.metric_filters
        and (group.incoming_bytes or 0) * float(window.per_month) >= LEAST_BYTES_PER_MONTH
    )
