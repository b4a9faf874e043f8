"""The stages of reading after the listing. Each returns the facts with what it has read in its time budget."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from agent.analyst.account import budgets
from agent.analyst.account.advisers import compute_optimizer, cost_hub
from agent.analyst.account.billing import discounts
from agent.analyst.account.clients import Clients
from agent.analyst.account.configuration import details, durable, event_sources, owners, surroundings, versions
from agent.analyst.account.logs import sampling
from agent.analyst.account.logs import stage as log_groups
from agent.analyst.account.reading import Reading
from agent.analyst.account.usage import stage as metrics
from agent.analyst.analysis.estate import Facts
from agent.analyst.analysis.facts.account import CapacityProvider
from agent.analyst.analysis.profile import FunctionProfile


def with_configuration(clients: Clients, reading: Reading, facts: Facts) -> Facts:
    """Read versions, event sources, durable executions and owners of functions, and the limits of regions."""
    with reading.within(budgets.CONFIGURATION_SECONDS):
        profiles: list[FunctionProfile] = []
        providers: list[CapacityProvider] = []
        for region in facts.regions:
            of_region, client = facts.of_region(region), clients.get("lambda", region)
            if of_region:
                of_region = versions.with_versions(client, reading, region, of_region)
                of_region = event_sources.with_event_sources(client, reading, region, of_region)
                of_region = durable.with_executions(client, reading, of_region)
                providers += surroundings.capacity_providers(client, reading, region, of_region)
            profiles += owners.with_owners(clients, reading, region, of_region, facts.group_by_tag)
        return replace(
            _with_profiles(facts, profiles),
            surroundings=tuple(surroundings.read(clients, reading, region) for region in facts.regions),
            capacity_providers=tuple(providers),
        )


def with_usage(clients: Clients, reading: Reading, facts: Facts) -> Facts:
    """Read CloudWatch's values, and provisioned and reserved concurrency."""
    with reading.within(budgets.USAGE_SECONDS):
        read = [
            metrics.read(clients, reading, facts.window, region, facts.of_region(region.region))
            for region in facts.surroundings
        ]
        facts = replace(facts, surroundings=tuple(region for region, _ in read))
        return _with_profiles(facts, (profile for _, profiles in read for profile in profiles))


def with_logs(clients: Clients, reading: Reading, facts: Facts) -> Facts:
    """Read log groups."""
    with reading.within(budgets.LOGS_SECONDS):
        read = [
            log_groups.read(clients, reading, facts.window, region, facts.of_region(region)) for region in facts.regions
        ]
        facts = replace(facts, shared_logs=tuple(one for _, shared in read for one in shared))
        return _with_profiles(facts, (profile for profiles, _ in read for profile in profiles))


def with_closer_look(clients: Clients, reading: Reading, facts: Facts) -> Facts:
    """Read what depends on the cost of functions: details of some, second opinions and discounts."""
    with reading.within(budgets.CLOSER_LOOK_SECONDS):
        costs = sampling.monthly_costs(facts)
        profiles: list[FunctionProfile] = []
        for region in facts.regions:
            of_region = sorted(facts.of_region(region), key=lambda profile: -costs[profile.key])
            of_region = details.with_details(clients.get("lambda", region), reading, region, of_region)
            profiles += compute_optimizer.with_opinions(clients, reading, region, of_region)
        facts = _with_profiles(facts, cost_hub.with_recommendations(clients, reading, facts.regions, profiles))
        if sum(costs.values()) < discounts.MIN_MONTHLY_USD:
            return facts
        return replace(facts, discounts=discounts.read(clients, reading, facts.window, facts.regions, facts.account))


def _with_profiles(facts: Facts, profiles: Iterable[FunctionProfile]) -> Facts:
    return replace(facts, profiles=tuple(sorted(profiles, key=lambda profile: profile.key)))
