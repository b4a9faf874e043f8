"""The assessment of a whole account: the cost and the findings of every function."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property

from agent.analyst.analysis import combine, cost, prices
from agent.analyst.analysis.combine import FunctionAssessment
from agent.analyst.analysis.facts.account import CapacityProvider, Discounts, RegionFacts
from agent.analyst.analysis.facts.shared_logs import SharedLogGroup
from agent.analyst.analysis.finding import Category, Finding
from agent.analyst.analysis.prices import PriceTable
from agent.analyst.analysis.profile import FunctionProfile, Window


@dataclass(frozen=True, kw_only=True, order=True)
class Gap:
    """Something that could not be read.

    Attributes:
        source: The API operation, for example `lambda:ListFunctions`.
        region: The region.
        reason: Why it could not be read: AWS's error code, or a sentence.
        effect: What is missing in the report as a result.
        functions: How many functions are affected; None for all of the region.
    """

    source: str
    region: str
    reason: str
    effect: str
    functions: int | None = None


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What was read of the account, before any rule is applied.

    Attributes:
        account: The account's id; empty if no function was found.
        window: The time of observation.
        regions: The regions that were read.
        profiles: Every function that was found.
        gaps: What could not be read.
        prices: Price tables read for this analysis; the other regions use the built-in tables.
        surroundings: The limits and other resources of the regions.
        capacity_providers: The EC2 capacity of functions on managed instances.
        shared_logs: The log groups whose cost belongs to no single function.
        discounts: The account's effective rates and Savings Plans; None where they were not read.
        group_by_tag: The key of the tag whose value is the functions' `owner`; empty if they are not grouped.
    """

    account: str
    window: Window
    regions: tuple[str, ...]
    profiles: tuple[FunctionProfile, ...]
    gaps: tuple[Gap, ...]
    prices: tuple[PriceTable, ...] = ()
    surroundings: tuple[RegionFacts, ...] = ()
    capacity_providers: tuple[CapacityProvider, ...] = ()
    shared_logs: tuple[SharedLogGroup, ...] = ()
    discounts: Discounts | None = None
    group_by_tag: str = ""

    def of_region(self, region: str) -> list[FunctionProfile]:
        """Return the functions of a region."""
        return [profile for profile in self.profiles if profile.region == region]

    def tables(self) -> Mapping[str, PriceTable]:
        """Return the price table of each region."""
        read = {table.region: table for table in self.prices}
        return {region: read.get(region) or prices.for_region(region) for region in self.regions}


@dataclass(frozen=True, kw_only=True)
class SharedCost:
    """What a shared log group costs.

    Attributes:
        logs: The group.
        exact_cost: USD per month, not rounded.
    """

    logs: SharedLogGroup
    exact_cost: Decimal

    @property
    def cost(self) -> Decimal:
        """Return the cost in USD per month, rounded to the cent."""
        return cost.rounded(self.exact_cost)


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """The costs and findings that follow from the facts.

    Attributes:
        facts: What was read.
        functions: Every function, the most expensive first.
        tables: The price table of each region.
        shared: The log groups that are shared, the most expensive first.
    """

    facts: Facts
    functions: tuple[FunctionAssessment, ...]
    tables: Mapping[str, PriceTable]
    shared: tuple[SharedCost, ...]

    @property
    def cost(self) -> Decimal:
        """Return what functions and shared log groups cost in USD per month, added up before it is rounded."""
        of_functions = sum((function.exact_cost for function in self.functions), Decimal(0))
        return cost.rounded(of_functions + self._exact_shared_cost)

    @property
    def shared_cost(self) -> Decimal:
        """Return the part of the cost that belongs to no function, in USD per month."""
        return cost.rounded(self._exact_shared_cost)

    @property
    def _exact_shared_cost(self) -> Decimal:
        return sum((one.exact_cost for one in self.shared), Decimal(0))

    @cached_property
    def findings(self) -> Sequence[Finding]:
        """Return all findings, the largest saving first."""
        return sorted(
            (finding for function in self.functions for finding in function.findings),
            key=lambda finding: (-finding.saving, finding.identifier),
        )

    def findings_of(self, category: Category) -> Sequence[Finding]:
        """Return the findings of one category, the largest saving first."""
        return [finding for finding in self.findings if finding.category is category]

    @property
    def saving(self) -> Decimal:
        """Return what the opportunities save in USD per month: the sum of the functions' `saving`."""
        return combine.saved_by(self.findings, Category.OPPORTUNITY)

    @property
    def bounds(self) -> tuple[Decimal, Decimal]:
        """Return what the opportunities save at least and at most, in USD per month, as far as errors are known."""
        found = [
            (one.saving, one.saving) if one.bounds is None else one.bounds
            for one in self.findings_of(Category.OPPORTUNITY)
        ]
        return sum((low for low, _ in found), Decimal(0)), sum((high for _, high in found), Decimal(0))

    @property
    def saving_by_rule(self) -> Mapping[str, Decimal]:
        """Return what the opportunities of each rule save in USD per month, the largest first."""
        totals: dict[str, Decimal] = {}
        for finding in self.findings_of(Category.OPPORTUNITY):
            totals[finding.rule] = totals.get(finding.rule, Decimal(0)) + finding.saving
        return dict(sorted(totals.items(), key=lambda total: (-total[1], total[0])))


def assess(facts: Facts) -> Assessment:
    """Price all functions and apply all rules to them."""
    tables = facts.tables()
    surroundings = {region.region: region for region in facts.surroundings}
    assessed: list[FunctionAssessment] = []
    shared: list[SharedCost] = []
    for region, table in tables.items():
        profiles = facts.of_region(region)
        if region in surroundings:
            profiles = [replace(profile, surroundings=surroundings[region]) for profile in profiles]
        logs = [one for one in facts.shared_logs if one.region == region]
        metered = [cost.of_log_group(one.group, facts.window) for one in logs]
        rates = table.average_rates(cost.added([*metered, *map(cost.volumes, profiles)]))
        shared += (
            SharedCost(logs=one, exact_cost=cost.priced(volumes, rates))
            for one, volumes in zip(logs, metered, strict=True)
        )
        assessed += combine.assess(profiles, table, metered)
    facts = replace(facts, gaps=(*facts.gaps, *_unpriced(facts.profiles)))
    return Assessment(
        facts=facts,
        functions=_most_expensive_first(assessed),
        tables=tables,
        shared=tuple(sorted(shared, key=lambda one: (-one.exact_cost, one.logs.group.name))),
    )


def _unpriced(profiles: Iterable[FunctionProfile]) -> Iterable[Gap]:
    """Yield a gap for each region with functions whose cost does not follow from their usage."""
    for region in sorted({profile.region for profile in profiles if profile.managed_instances}):
        yield Gap(
            source="lambda:ListFunctions",
            region=region,
            reason="AWS bills them by EC2 instance, not by duration",
            effect="the cost of functions on Lambda Managed Instances is not known",
        )


def _most_expensive_first(functions: Iterable[FunctionAssessment]) -> tuple[FunctionAssessment, ...]:
    return tuple(sorted(functions, key=lambda function: (-function.exact_cost, function.profile.key)))
