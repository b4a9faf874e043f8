"""Reads the facts of an account in stages, and saves them for a later attempt.

A stage builds on the one before and runs once. A tool asks for the stage that it needs; the stages missing up to there
run then. The facts stay here and not in the conversation, so the model gets short summaries of any account.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence

from agent.analyst.account import budgets, discovery
from agent.analyst.account.billing import price_list
from agent.analyst.account.clients import Clients
from agent.analyst.account.gap_list import is_transient
from agent.analyst.account.logs import memory, sampling
from agent.analyst.account.logs import stage as logs_stage
from agent.analyst.account.reading import Reading
from agent.analyst.account.saved_facts import VERSION, SavedFacts, Store
from agent.analyst.account.usage import stage as usage_stage
from agent.analyst.analysis.estate import Facts
from agent.analyst.analysis.prices import PriceTable
from agent.analyst.analysis.profile import FunctionProfile, Window

Stage = Callable[[Clients, Reading, Window, str, Sequence[FunctionProfile]], list[FunctionProfile]]
"""Reads more about the functions of a region."""


class Collector:
    """Reads an account for one run.

    Args:
        clients: Clients of the account.
        regions: The regions to read.
        window: The time of observation.
        reading: Holds the stop signal, the time budget and the gaps.
        store: Where facts are saved between attempts.
        report_progress: Called with one short line for each step.
        refresh_prices: Whether to read AWS's current price list instead of using the built-in tables.
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
        """Return everything that has been read so far."""
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
        """List the functions, unless that has been done.

        Raises:
            NothingListedError: No region could be listed.
        """
        with self._lock:
            if self._profiles is None and not self._resume():
                with self._reading.within(budgets.LISTING_SECONDS):
                    self._profiles = discovery.list_regions(
                        self._clients, self._reading, self._regions, self._window, self._report_progress
                    )
                if self._refresh_prices:
                    self._report_progress("Reading AWS's price list")
                    self._prices = price_list.read_tables(self._clients, self._reading, self._regions)
                self._save()
            return self.facts()

    def read_usage(self) -> Facts:
        """Read the usage and all stages before it, unless that has been done."""
        with self._lock:
            self.list_functions()
            if not self._usage_read:
                self._report_progress(f"Reading the usage of {len(self._profiles or {})} functions")
                self._run_stage(usage_stage.read, budgets.USAGE_SECONDS)
                self._usage_read = True
                self._save()
            return self.facts()

    def read_logs(self) -> Facts:
        """Read the log groups and all stages before them, unless that has been done."""
        with self._lock:
            self.read_usage()
            if not self._logs_read:
                self._report_progress("Reading log groups")
                self._run_stage(logs_stage.read, budgets.LOGS_SECONDS)
                self._logs_read = True
                self._save()
            return self.facts()

    def read_memory(self, names: Iterable[str] | None = None) -> Facts:
        """Sample the REPORT lines of functions that have not been sampled, after all stages before.

        Args:
            names: Functions to sample; the most expensive ones of the account if None.
        """
        with self._lock:
            self.read_logs()
            assert self._profiles is not None
            if names is None:
                chosen = sampling.most_expensive(self._profiles, self.facts().tables(), self._reading)
            else:
                wanted = set(names)
                chosen = [profile for profile in self._profiles.values() if profile.name in wanted]
            chosen = [profile for profile in chosen if profile.key not in self._sampled]
            if chosen:
                self._report_progress(f"Reading the memory use of {len(chosen)} functions")
                with self._reading.within(budgets.MEMORY_SECONDS):
                    sampled = self._reading.each(self._sample, chosen, doing="Reading the memory use")
                for profile in sampled:
                    self._update(profile)
                self._sampled.update(profile.key for profile in chosen)
                self._save()
            return self.facts()

    def _resume(self) -> bool:
        """Load what an earlier attempt has saved, and return whether there was something to load."""
        saved = self._store.load()
        if saved is None or saved.facts.regions != self._regions:
            return False
        # An attempt after midnight keeps the days that the first attempt observed.
        self._window = saved.facts.window
        self._profiles = {profile.key: profile for profile in saved.facts.profiles}
        self._prices = saved.facts.prices
        for gap in saved.facts.gaps:
            self._reading.add(gap)
        self._usage_read = saved.usage_read
        self._logs_read = saved.logs_read
        self._sampled = set(saved.sampled)
        self._report_progress(f"Using what an earlier attempt has read of {len(self._profiles)} functions")
        return True

    def _save(self) -> None:
        """Save what was read, unless there is a transient gap.

        What is saved then ends before the stage with that gap, so a later attempt reads the stage again.
        """
        facts = self.facts()
        if any(is_transient(gap) for gap in facts.gaps):
            return
        self._store.save(
            SavedFacts(
                version=VERSION,
                facts=facts,
                usage_read=self._usage_read,
                logs_read=self._logs_read,
                sampled=tuple(sorted(self._sampled)),
            )
        )

    def _run_stage(self, stage: Stage, seconds: float) -> None:
        assert self._profiles is not None
        with self._reading.within(seconds):
            for region in self._regions:
                profiles = [profile for profile in self._profiles.values() if profile.region == region]
                for profile in stage(self._clients, self._reading, self._window, region, profiles):
                    self._update(profile)

    def _update(self, profile: FunctionProfile) -> None:
        assert self._profiles is not None
        self._profiles[profile.key] = profile

    def _sample(self, profile: FunctionProfile) -> FunctionProfile:
        return memory.with_reports(self._clients.get("logs", profile.region), self._reading, profile)
