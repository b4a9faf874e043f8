"""Reads the facts of an account in stages, and saves them for a later attempt.

A stage builds on the one before and runs once. A tool asks for the stage that it needs; the stages missing up to there
run then. The facts stay here and not in the conversation, so the model gets short summaries of any account.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from agent.analyst.account import budgets, discovery, stages
from agent.analyst.account.billing import price_list
from agent.analyst.account.clients import Clients
from agent.analyst.account.gap_list import is_transient
from agent.analyst.account.logs import memory, sampling
from agent.analyst.account.reading import Reading
from agent.analyst.account.saved_facts import VERSION, SavedFacts, Store
from agent.analyst.analysis.estate import Facts
from agent.analyst.analysis.profile import FunctionProfile, Window


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
        group_by_tag: The key of the tag whose value is the functions' owner; empty for none.
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
        group_by_tag: str = "",
    ) -> None:
        self._clients = clients
        self._regions = tuple(regions)
        self._window = window
        self._reading = reading
        self._store = store
        self._report_progress = report_progress
        self._refresh_prices = refresh_prices
        self._group_by_tag = group_by_tag
        # The agent may call several tools at once.
        self._lock = threading.RLock()
        self._facts: Facts | None = None
        self._usage_read = False
        self._logs_read = False
        self._sampled: set[str] = set()

    def facts(self) -> Facts:
        """Return everything that has been read so far."""
        with self._lock:
            return replace(self._facts or self._listed([]), gaps=self._reading.gaps)

    def _listed(self, profiles: Sequence[FunctionProfile]) -> Facts:
        return Facts(
            account=profiles[0].arn.split(":")[4] if profiles else "",
            window=self._window,
            regions=self._regions,
            profiles=tuple(sorted(profiles, key=lambda profile: profile.key)),
            gaps=(),
            group_by_tag=self._group_by_tag,
        )

    def list_functions(self) -> Facts:
        """List the functions, unless that has been done.

        Raises:
            NothingListedError: No region could be listed.
        """
        with self._lock:
            if self._facts is None and not self._resume():
                with self._reading.within(budgets.LISTING_SECONDS):
                    self._facts = self._listed(
                        discovery.list_regions(
                            self._clients, self._reading, self._regions, self._window, self._report_progress
                        )
                    )
                if self._refresh_prices:
                    self._report_progress("Reading AWS's price list")
                    tables = price_list.read_tables(self._clients, self._reading, self._regions)
                    self._facts = replace(self._facts, prices=tables)
                self._save()
            return self.facts()

    def read_usage(self) -> Facts:
        """Read the usage and all stages before it, unless that has been done."""
        with self._lock:
            facts = self.list_functions()
            if not self._usage_read:
                self._report_progress(f"Reading the configuration of {len(facts.profiles)} functions")
                facts = stages.with_configuration(self._clients, self._reading, facts)
                self._report_progress(f"Reading the usage of {len(facts.profiles)} functions")
                self._facts = stages.with_usage(self._clients, self._reading, facts)
                self._usage_read = True
                self._save()
            return self.facts()

    def read_logs(self) -> Facts:
        """Read the log groups and all stages before them, unless that has been done."""
        with self._lock:
            facts = self.read_usage()
            if not self._logs_read:
                self._report_progress("Reading log groups")
                facts = stages.with_logs(self._clients, self._reading, facts)
                self._report_progress("Asking AWS's own advisers")
                self._facts = stages.with_closer_look(self._clients, self._reading, facts)
                self._logs_read = True
                self._save()
            return self.facts()

    def read_memory(self, names: Iterable[str] | None = None) -> Facts:
        """Sample the REPORT lines of functions that have not been sampled, after all stages before.

        Args:
            names: Functions to sample; the most expensive ones of the account if None.
        """
        with self._lock:
            facts = self.read_logs()
            if names is None:
                chosen = sampling.most_expensive(facts, self._reading)
            else:
                wanted = set(names)
                chosen = [profile for profile in facts.profiles if profile.name in wanted]
            chosen = [profile for profile in chosen if profile.key not in self._sampled]
            if chosen:
                self._report_progress(f"Reading the memory use of {len(chosen)} functions")
                with self._reading.within(budgets.MEMORY_SECONDS):
                    sampled = self._reading.each(self._sample, chosen, doing="Reading the memory use")
                known = {profile.key: profile for profile in (*facts.profiles, *sampled)}
                self._facts = replace(facts, profiles=tuple(known[key] for key in sorted(known)))
                self._sampled.update(profile.key for profile in chosen)
                self._save()
            return self.facts()

    def _resume(self) -> bool:
        """Load what an earlier attempt has saved, and return whether there was something to load."""
        saved = self._store.load()
        if saved is None or saved.facts.regions != self._regions:
            return False
        # An attempt after midnight keeps the days that the first attempt observed.
        self._facts = saved.facts
        for gap in saved.facts.gaps:
            self._reading.add(gap)
        self._usage_read = saved.usage_read
        self._logs_read = saved.logs_read
        self._sampled = set(saved.sampled)
        self._report_progress(f"Using what an earlier attempt has read of {len(saved.facts.profiles)} functions")
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

    def _sample(self, profile: FunctionProfile) -> FunctionProfile:
        return memory.with_reports(self._clients.get("logs", profile.region), self._reading, profile)
