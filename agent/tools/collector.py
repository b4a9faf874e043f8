"""Collects the facts of an account, stage by stage, and keeps them where a later attempt finds them.

Stages build on one another and are taken once: a tool asks for what it needs, and what is missing is collected then.
The facts live here and not in the conversation, so that the model sees summaries of any account, however large.
"""

from __future__ import annotations

import collections
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from agent.analysis import cost
from agent.analysis.combine import SALE_THRESHOLD
from agent.analysis.estate import Facts, Gap
from agent.analysis.prices import PriceTable
from agent.analysis.profile import FunctionProfile, LogClass, LogGroup, MemorySample, Window
from agent.analysis.rules.log_class import LEAST_BYTES_PER_MONTH
from agent.tools import functions, logs, metrics, price_list
from agent.tools.clients import Clients
from agent.tools.metrics import Daily, Series
from agent.tools.reading import Reading, passes

# REPORT lines are read for the dearest functions; CloudWatch answers five such requests a second.
MOST_SAMPLED = 200


class NothingListedError(Exception):
    """No region told its functions, so there is nothing to report on."""


@dataclass(frozen=True, kw_only=True)
class SavedFacts:
    """What is kept for a later attempt.

    Attributes:
        facts: What was collected.
        usage_read: Whether the profiles hold their usage.
        logs_read: Whether they hold their log groups.
        sampled: Keys of the functions whose REPORT lines were read.
    """

    facts: Facts
    usage_read: bool = False
    logs_read: bool = False
    sampled: tuple[str, ...] = field(default=())


class Store(Protocol):
    """Keeps facts beyond this process."""

    def load(self) -> SavedFacts | None:
        """What an earlier attempt has kept, if anything."""

    def save(self, saved: SavedFacts) -> None:
        """Keep facts for a later attempt."""


class Collector:
    """One run's view of the account.

    Args:
        clients: Of the account that is analysed.
        regions: Which regions to look at.
        window: The time of observation.
        reading: Stop signal, time budget and gaps.
        store: Where facts are kept between attempts.
        report_progress: Takes one short line.
        refresh_prices: Whether AWS is asked for its price list, to be used instead of the dated table.
    """

    def __init__(
        self,
        *,
        clients: Clients,
        regions: Sequence[str],
        window: Window,
        reading: Reading,
        store: Store,
        report_progress: Callable[[str], None],
        refresh_prices: bool = False,
    ) -> None:
        self._clients = clients
        self._regions = tuple(regions)
        self._window = window
        self._reading = reading
        self._store = store
        self._report_progress = report_progress
        self._refresh_prices = refresh_prices
        # The agent may call several tools at once.
        self._lock = threading.RLock()
        self._profiles: dict[str, FunctionProfile] | None = None
        self._prices: tuple[PriceTable, ...] = ()
        self._usage_read = False
        self._logs_read = False
        self._sampled: set[str] = set()

    def facts(self) -> Facts:
        """All that has been collected so far."""
        with self._lock:
            profiles = tuple(sorted((self._profiles or {}).values(), key=lambda profile: profile.key))
            return Facts(
                account=profiles[0].arn.split(":")[4] if profiles else "",
                window=self._window,
                regions=self._regions,
                profiles=profiles,
                gaps=self._reading.gaps,
                prices=self._prices,
            )

    def list_functions(self) -> Facts:
        """Make sure that functions are listed.

        Raises:
            NothingListedError: If every region refused.
        """
        with self._lock:
            if self._profiles is None and not self._resume():
                self._list()
                if self._refresh_prices:
                    self._report_progress("Reading AWS's price list")
                    self._prices = price_list.read_tables(self._clients, self._reading, self._regions)
                self._save()
            return self.facts()

    def read_usage(self) -> Facts:
        """Make sure that usage is read."""
        with self._lock:
            self.list_functions()
            if not self._usage_read:
                self._report_progress(f"Reading the usage of {len(self._profiles or {})} functions")
                for region in self._regions:
                    self._read_usage(region)
                self._usage_read = True
                self._save()
            return self.facts()

    def read_logs(self) -> Facts:
        """Make sure that log groups are read."""
        with self._lock:
            self.read_usage()
            if not self._logs_read:
                self._report_progress("Reading log groups")
                for region in self._regions:
                    self._read_logs(region)
                self._logs_read = True
                self._save()
            return self.facts()

    def read_memory(self, names: Iterable[str] | None = None) -> Facts:
        """Make sure that REPORT lines are sampled.

        Args:
            names: Functions to sample, however little they cost; the dearest of the account if not given.
        """
        with self._lock:
            self.read_logs()
            assert self._profiles is not None
            if names is None:
                chosen = self._dearest()
            else:
                wanted = set(names)
                chosen = [profile for profile in self._profiles.values() if profile.name in wanted]
            chosen = [profile for profile in chosen if profile.key not in self._sampled]
            if chosen:
                self._report_progress(f"Reading the memory use of {len(chosen)} functions")
                for profile, sample in zip(chosen, self._reading.each(self._sample, chosen), strict=True):
                    self._update(replace(profile, memory=sample))
                self._sampled.update(profile.key for profile in chosen)
                self._save()
            return self.facts()

    def _resume(self) -> bool:
        saved = self._store.load()
        if saved is None or saved.facts.regions != self._regions:
            return False
        # An attempt after midnight goes on with the days that the first one looked at.
        self._window = saved.facts.window
        self._profiles = {profile.key: profile for profile in saved.facts.profiles}
        self._prices = saved.facts.prices
        for gap in saved.facts.gaps:
            self._reading.add(gap)
        self._usage_read = saved.usage_read
        self._logs_read = saved.logs_read
        self._sampled = set(saved.sampled)
        self._report_progress(f"Going on with what an earlier attempt has read of {len(self._profiles)} functions")
        return True

    def _save(self) -> None:
        """Keep all that was read, until a stage lacks what another attempt may find.

        What is kept then ends before that stage, so that another attempt reads it again.
        """
        facts = self.facts()
        if any(passes(gap) for gap in facts.gaps):
            return
        self._store.save(
            SavedFacts(
                facts=facts,
                usage_read=self._usage_read,
                logs_read=self._logs_read,
                sampled=tuple(sorted(self._sampled)),
            )
        )

    def _list(self) -> None:
        listed: dict[str, FunctionProfile] = {}
        answered = False
        for region in self._regions:
            self._report_progress(f"Listing the functions of {region}")
            client = self._clients.get("lambda", region)
            found = self._reading.attempt(
                lambda client=client, region=region: functions.list_functions(  # type: ignore[misc]
                    client, self._reading, region, self._window
                ),
                source="lambda:ListFunctions",
                region=region,
                effect="nothing is known of this region's functions",
            )
            answered = answered or found is not None
            listed |= {profile.key: profile for profile in found or ()}
        if not answered:
            reasons = ", ".join(f"{gap.region}: {gap.reason}" for gap in self._reading.gaps)
            raise NothingListedError(
                f"No region told its functions ({reasons}): allow lambda:ListFunctions to the agent's role"
            )
        self._profiles = listed

    def _in_region(self, region: str) -> list[FunctionProfile]:
        assert self._profiles is not None
        return [profile for profile in self._profiles.values() if profile.region == region]

    def _update(self, profile: FunctionProfile) -> None:
        assert self._profiles is not None
        self._profiles[profile.key] = profile

    def _read_usage(self, region: str) -> None:
        client = self._clients.get("lambda", region)
        profiles = self._reading.each(
            lambda profile: replace(profile, provisioned=functions.read_provisioned(client, self._reading, profile)),
            self._in_region(region),
        )
        longer = metrics.lookback(self._window)
        found = self._read_series(region, longer, [metrics.invocations_series(profile) for profile in profiles])
        ran = [profile for profile in profiles if metrics.ran(profile, found)]
        silent = [profile for profile in profiles if metrics.ran(profile, found) is False]
        found |= self._read_series(region, longer, [metrics.throttles_series(profile) for profile in silent])
        found |= self._read_series(
            region,
            self._window,
            [
                *(series for profile in ran for series in metrics.details_series(profile)),
                *(
                    series
                    for profile in profiles
                    for one in profile.provisioned or ()
                    for series in metrics.provisioned_series(profile, one)
                ),
            ],
        )

        def with_configuration(profile: FunctionProfile) -> FunctionProfile:
            return replace(
                profile,
                reserved_concurrency=functions.read_reserved(client, self._reading, profile),
                has_versions=functions.read_versions(client, self._reading, profile),
            )

        configured = {profile.key: profile for profile in self._reading.each(with_configuration, ran)}
        for profile in profiles:
            used = _with_usage(configured.get(profile.key, profile), found)
            self._update(used)
            self._note_unmeasured(used, found)

    def _note_unmeasured(self, profile: FunctionProfile, found: Mapping[Series, Daily]) -> None:
        for one in profile.provisioned or ():
            utilization, _ = metrics.provisioned_series(profile, one)
            if one.peak_utilization is None and utilization in found:
                self._reading.add(
                    Gap(
                        source="cloudwatch:GetMetricData",
                        region=profile.region,
                        reason=f"there is no {utilization.metric} in the window",
                        effect="provisioned concurrency without it is not judged",
                    ),
                    [profile.name],
                )

    def _read_series(self, region: str, window: Window, series: Sequence[Series]) -> dict[Series, Daily]:
        return metrics.read_series(
            self._clients.get("cloudwatch", region),
            self._reading,
            window,
            region,
            series,
            effect="usage is not known, and with it nearly everything else",
        )

    def _read_logs(self, region: str) -> None:
        client = self._clients.get("logs", region)
        profiles = self._in_region(region)
        # What a group costs cannot be told apart among the functions that share it.
        sharing = collections.Counter(profile.log_group_name for profile in profiles)
        own = [profile for profile in profiles if sharing[profile.log_group_name] == 1]
        shared = [profile.name for profile in profiles if sharing[profile.log_group_name] > 1]
        if shared:
            self._reading.add(
                Gap(
                    source="logs:DescribeLogGroups",
                    region=region,
                    reason="several functions write to the same log group",
                    effect="the cost of that group is in no figure, and its retention and class are not judged",
                ),
                shared,
            )
        names = {profile.log_group_name: profile.name for profile in own}
        groups = logs.read_log_groups(client, self._reading, region, names)
        incoming = metrics.read_series(
            self._clients.get("cloudwatch", region),
            self._reading,
            self._window,
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
            if _is_dear(group, self._window):
                filters = logs.read_subscription_filters(client, self._reading, profile, group.name)
                group = replace(group, subscription_filters=filters)
            known_since = _earliest(profile.known_since, created)
            if known_since > self._window.start and profile.usage is not None and not profile.usage.invocations:
                # It has not run in the window; whether it is idle or new, only an old log event can tell.
                first_event = logs.read_first_event(client, self._reading, profile, group.name)
                known_since = _earliest(known_since, first_event)
            return replace(profile, known_since=known_since, log_group=group)

        for profile in self._reading.each(with_log_group, own):
            self._update(profile)
        for profile in self._in_region(region):
            self._update(_silent_while_known(profile))

    def _dearest(self) -> list[FunctionProfile]:
        """Functions that ran, the dearest first, up to the number that is sampled.

        What is left out without a gap costs too little for a memory size to matter.
        """
        assert self._profiles is not None
        rates = {region: table.average_rates({}) for region, table in self.facts().tables().items()}
        costs = {
            profile.key: cost.priced(cost.volumes(profile), rates[profile.region])
            for profile in self._profiles.values()
            if profile.usage and profile.usage.invocations
        }
        dearest = sorted(costs, key=lambda key: (-costs[key], key))
        for key in dearest[MOST_SAMPLED:]:
            if costs[key] >= SALE_THRESHOLD:
                self._reading.add(
                    Gap(
                        source="logs:FilterLogEvents",
                        region=self._profiles[key].region,
                        reason=f"only the {MOST_SAMPLED} dearest functions are sampled",
                        effect="the memory size of the others is not judged",
                    ),
                    [self._profiles[key].name],
                )
        return [self._profiles[key] for key in dearest[:MOST_SAMPLED]]

    def _sample(self, profile: FunctionProfile) -> MemorySample | None:
        return logs.read_memory(self._clients.get("logs", profile.region), self._reading, profile)


def _with_usage(profile: FunctionProfile, found: Mapping[Series, Daily]) -> FunctionProfile:
    known_since = _earliest(profile.known_since, metrics.first_sign(profile, found))
    used = replace(profile, usage=metrics.usage(profile, found), known_since=known_since)
    if used.provisioned is None:
        return used
    return replace(used, provisioned=tuple(metrics.provisioned_usage(used, one, found) for one in used.provisioned))


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


def _earliest(first: datetime, second: datetime | None) -> datetime:
    return first if second is None else min(first, second)
