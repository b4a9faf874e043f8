"""The whole account: every function assessed at the rates that the account's own volume comes to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from agent.analyst.analysis import combine, cost, prices
from agent.analyst.analysis.combine import FunctionAssessment
from agent.analyst.analysis.finding import Finding, Standing
from agent.analyst.analysis.prices import PriceTable
from agent.analyst.analysis.profile import FunctionProfile, Window


@dataclass(frozen=True, kw_only=True, order=True)
class Gap:
    """Something that could not be read.

    Attributes:
        source: The API operation, `lambda:ListFunctions` for instance.
        region: Where.
        reason: Why, in AWS's words.
        effect: What the report lacks for it.
        functions: How many functions it is about; None for all of the region.
    """

    source: str
    region: str
    reason: str
    effect: str
    functions: int | None = None


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What was collected, before any judgement.

    Attributes:
        account: The account's id; empty where it could not be read.
        window: The time of observation.
        regions: The regions that were looked at.
        profiles: Every function found.
        gaps: What could not be read.
        prices: Tables that were read for this analysis; other regions are priced with the dated ones.
    """

    account: str
    window: Window
    regions: tuple[str, ...]
    profiles: tuple[FunctionProfile, ...]
    gaps: tuple[Gap, ...]
    prices: tuple[PriceTable, ...] = ()

    def tables(self) -> Mapping[str, PriceTable]:
        """The price table of each region."""
        read = {table.region: table for table in self.prices}
        return {region: read.get(region) or prices.for_region(region) for region in self.regions}


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """What the rules make of the facts.

    Attributes:
        facts: What was collected.
        functions: Every function, dearest first.
        tables: The price table of each region.
    """

    facts: Facts
    functions: tuple[FunctionAssessment, ...]
    tables: Mapping[str, PriceTable]

    @property
    def cost(self) -> Decimal:
        """USD per month of all functions, rounded once: many small costs add up."""
        return cost.rounded(sum((function.exact_cost for function in self.functions), Decimal(0)))

    @property
    def findings(self) -> Sequence[Finding]:
        """All findings, the largest saving first."""
        return sorted(
            (finding for function in self.functions for finding in function.findings),
            key=lambda finding: (-finding.saving, finding.identifier),
        )

    def standing(self, standing: Standing) -> Sequence[Finding]:
        """The findings of one standing, the largest saving first."""
        return [finding for finding in self.findings if finding.standing is standing]

    @property
    def saving(self) -> Decimal:
        """USD per month of the opportunities, which are what is sold; the sum of all functions' `saving`."""
        return combine.saved_by(self.findings, Standing.OPPORTUNITY)

    @property
    def minor_saving(self) -> Decimal:
        """USD per month of the minor findings, which are listed, not sold, and no part of `saving`."""
        return combine.saved_by(self.findings, Standing.MINOR)

    @property
    def saving_by_rule(self) -> Mapping[str, Decimal]:
        """USD per month of the findings that are sold, by rule, largest first."""
        totals: dict[str, Decimal] = {}
        for finding in self.standing(Standing.OPPORTUNITY):
            totals[finding.rule] = totals.get(finding.rule, Decimal(0)) + finding.saving
        return dict(sorted(totals.items(), key=lambda total: (-total[1], total[0])))


def assess(facts: Facts) -> Assessment:
    """Put all rules to all functions."""
    tables = facts.tables()
    assessed: list[FunctionAssessment] = []
    for region, table in tables.items():
        profiles = [profile for profile in facts.profiles if profile.region == region]
        assessed += combine.assess(profiles, table)
    facts = replace(facts, gaps=(*facts.gaps, *_unpriced(facts.profiles)))
    return Assessment(facts=facts, functions=_dearest_first(assessed), tables=tables)


def _unpriced(profiles: Iterable[FunctionProfile]) -> Iterable[Gap]:
    """A gap for each region with functions whose cost is not told by how they are used."""
    for region in sorted({profile.region for profile in profiles if profile.managed_instances}):
        yield Gap(
            source="lambda:ListFunctions",
            region=region,
            reason="they are paid for by the EC2 instance, not by duration",
            effect="what functions on Lambda Managed Instances cost is not known",
        )


def _dearest_first(functions: Iterable[FunctionAssessment]) -> tuple[FunctionAssessment, ...]:
    return tuple(sorted(functions, key=lambda function: (-function.exact_cost, function.profile.key)))
