"""Collects the facts of an account, stage by stage, and keeps them where a later attempt finds them.

Stages build on one another and are taken once: a tool asks for what it needs, and what is missing is collected then.
The facts live here and not in the conversation, so that the model sees summaries of any account, however large.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from agent.analyst.account import functions, logs, logs_stage, price_list, usage_stage
from agent.analyst.account.clients import Clients
from agent.analyst.account.reading import Reading, passes
from agent.analyst.analysis import cost
from agent.analyst.analysis.combine import SALE_THRESHOLD
from agent.analyst.analysis.estate import Facts, Gap
from agent.analyst.analysis.prices import PriceTable
from agent.analyst.analysis.profile import FunctionProfile, MemorySample, Window

# REPORT lines are read for the dearest functions; CloudWatch answers five such requests a second.
MOST_SAMPLED = 200

Stage = Callable[[Clients, Reading, Window, str, Sequence[FunctionProfile]], list[FunctionProfile]]
"""Reads more of the functions of a region."""


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
                    self._carry_out(usage_stage.read, region)
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
                    self._carry_out(logs_stage.read, region)
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

    def _carry_out(self, stage: Stage, region: str) -> None:
        for profile in stage(self._clients, self._reading, self._window, region, self._in_region(region)):
            self._update(profile)

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
