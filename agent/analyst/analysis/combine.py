"""From a region's profiles to findings: the rules in order, each on what the changes before it have left.

Every rule sees a function as the accepted findings leave it, and what a rule proposes for all functions of a region is
priced together, because AWS counts tiers for all of them: the rule's changes take the region's bill from one amount to
another, and each saves its share of the difference, by the units that it changes. So all savings add up to what all
changes save: nothing is counted twice, nothing is negative, no function saves more than it costs, and the sum never
exceeds what the account costs. Moving functions to arm64 shows why: a single one would leave the cheapest tier of
x86_64 for the dearest of arm64, and seem to save nothing, however much all of them save together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from agent.analyst.analysis import cost, runtimes
from agent.analyst.analysis.finding import Finding, Proposal, Rule, Standing
from agent.analyst.analysis.prices import PriceTable, Rates, Volumes
from agent.analyst.analysis.profile import FunctionProfile
from agent.analyst.rules import RULES

# Below this, in USD per month, a finding is listed but not sold.
SALE_THRESHOLD = Decimal("1.00")

# A formula leaves out what changes the saving by less than a hundredth of a cent.
_NEGLIGIBLE = Decimal("0.0001")
_WHOLE_UNITS = 10_000
# AWS's prices have ten decimals at most.
_SMALLEST_RATE = Decimal("1e-10")
_TIMES = "\N{MULTIPLICATION SIGN}"
_MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True, kw_only=True)
class FunctionAssessment:
    """One function's cost and findings.

    Attributes:
        profile: The function as it was found.
        exact_cost: USD per month, not rounded: for adding up.
        findings: In the order in which they are to be carried out.
        undecided: Names of the rules that lacked the data to decide.
    """

    profile: FunctionProfile
    exact_cost: Decimal
    findings: tuple[Finding, ...]
    undecided: tuple[str, ...]

    @property
    def cost(self) -> Decimal:
        """USD per month, to the cent."""
        return cost.rounded(self.exact_cost)

    @property
    def saving(self) -> Decimal:
        """USD per month of its opportunities, which are what is sold."""
        return saved_by(self.findings, Standing.OPPORTUNITY)

    @property
    def minor_saving(self) -> Decimal:
        """USD per month of its minor findings, which are listed, not sold, and no part of `saving`."""
        return saved_by(self.findings, Standing.MINOR)


def saved_by(findings: Iterable[Finding], standing: Standing) -> Decimal:
    """USD per month that the findings of one standing save together."""
    return sum((finding.saving for finding in findings if finding.standing is standing), Decimal(0))


def assess(profiles: Iterable[FunctionProfile], table: PriceTable) -> list[FunctionAssessment]:
    """Price the functions of one region, and put every rule to them.

    Args:
        profiles: All functions of the region, since they reach its tiers together.
        table: The region's prices.
    """
    functions = [_Function(found=profile, current=profile, volumes=cost.volumes(profile)) for profile in profiles]
    today = table.average_rates(cost.added(function.volumes for function in functions))
    for function in functions:
        function.exact_cost = function.left = cost.priced(function.volumes, today)
    for rule in RULES:
        changes = [
            _Change(
                rule=rule,
                function=function,
                proposal=_with_waste(proposal, function.volumes, today, table),
                after=_volumes(proposal.after),
            )
            for function in functions
            if (proposal := function.proposal(rule)) is not None
        ]
        _accept_worthwhile(changes, functions, table)
    return [
        FunctionAssessment(
            profile=function.found,
            exact_cost=function.exact_cost,
            findings=tuple(function.findings),
            undecided=tuple(function.undecided),
        )
        for function in functions
    ]


@dataclass(kw_only=True, eq=False)
class _Function:
    """One function while the rules are put to it.

    Attributes:
        found: As it was found.
        current: As its findings leave it; None once it is deleted.
        volumes: What AWS then meters for it.
        exact_cost: USD per month as it was found.
        left: What its findings leave of that.
        findings: Those accepted so far.
        undecided: Rules that lacked the data to decide.
    """

    found: FunctionProfile
    current: FunctionProfile | None
    volumes: Volumes
    exact_cost: Decimal = Decimal(0)
    left: Decimal = Decimal(0)
    findings: list[Finding] = field(default_factory=list)
    undecided: list[str] = field(default_factory=list)

    def proposal(self, rule: Rule) -> Proposal | None:
        if self.current is None or not _applies(rule, self.current):
            return None
        if any(getattr(self.current, needed) is None for needed in rule.needs):
            self.undecided.append(rule.name)
            return None
        return rule.propose(self.current)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Change:
    """What a rule proposes for a function, and what AWS meters for it then."""

    rule: Rule
    function: _Function
    proposal: Proposal
    after: Volumes

    def difference(self, rates: Rates) -> Decimal:
        return cost.priced(self.function.volumes, rates) - cost.priced(self.after, rates)

    def worthwhile(self, rates: Rates) -> bool:
        """Whether it costs nothing, and saves a cent where saving is its only point."""
        difference = self.difference(rates)
        return min(difference, self.function.left) >= cost.CENT if self.rule.monetary else difference >= 0

    def accept(self, rates: Rates, table: PriceTable) -> None:
        function, found = self.function, self.function.found
        difference = self.difference(rates)
        saving = cost.rounded_saving(min(difference, function.left))
        formula = _formula(function.volumes, self.after, rates, table)
        function.findings.append(
            Finding(
                rule=self.rule.name,
                function=found.name,
                arn=found.arn,
                region=found.region,
                proposal=self.proposal,
                saving=saving,
                formula=formula if difference <= function.left else f"{formula}, but no more than the function costs",
                standing=_standing(saving),
            )
        )
        function.left -= saving
        function.current, function.volumes = self.proposal.after, self.after


def _applies(rule: Rule, profile: FunctionProfile) -> bool:
    if rule.by_duration and profile.managed_instances:
        return False
    today = profile.window.end.date()
    return not (rule.updates_function and runtimes.updates_blocked(profile.runtime, today))


def _accept_worthwhile(changes: Sequence[_Change], functions: Sequence[_Function], table: PriceTable) -> None:
    """Accept those of one rule's changes that are worth it at the prices that they have together."""
    before = cost.added(function.volumes for function in functions)
    while changes:
        changed = {change.function.found.key: change.after for change in changes}
        after = cost.added(changed.get(function.found.key, function.volumes) for function in functions)
        rates = table.rates_between(before, after)
        worthwhile = [change for change in changes if change.worthwhile(rates)]
        if len(worthwhile) == len(changes):
            for change in changes:
                change.accept(rates, table)
            return
        changes = worthwhile


def _with_waste(proposal: Proposal, before: Volumes, today: Rates, table: PriceTable) -> Proposal:
    """The proposal with what is wasted in its evidence, as a part of today's cost."""
    if proposal.without_waste is None:
        return proposal
    after = cost.volumes(proposal.without_waste)
    wasted = cost.rounded(cost.priced(before, today) - cost.priced(after, today))
    told = f"${wasted:,.2f} a month: {_formula(before, after, today, table)}"
    return replace(proposal, evidence={**proposal.evidence, "Wasted": told})


def _volumes(profile: FunctionProfile | None) -> Volumes:
    return {} if profile is None else cost.volumes(profile)


def _standing(saving: Decimal) -> Standing:
    if not saving:
        return Standing.ADVICE
    return Standing.OPPORTUNITY if saving >= SALE_THRESHOLD else Standing.MINOR


def _formula(before: Volumes, after: Volumes, rates: Rates, table: PriceTable) -> str:
    """How a saving is computed: every meter that changes the bill, with its units and its rate.

    A rate that is no tier's price is the average of the tiers that all changes of its kind pass through together.
    """
    terms: list[str] = []
    for meter, rate in rates.items():
        had, has = before.get(meter, Decimal(0)), after.get(meter, Decimal(0))
        if abs(had - has) * rate < _NEGLIGIBLE:
            continue
        units = f"({_units(had)} {_MINUS} {_units(has)})" if had and has else _units(had or has)
        sign = _MINUS if not had else "+"
        average = "" if rate in {tier.usd for tier in table.tiers[meter]} else " (average of its tiers)"
        terms.append(f"{sign} {units} {meter.unit} {_TIMES} ${_rate(rate)} for {meter.value}{average}")
    return " ".join(terms).removeprefix("+ ")


def _rate(usd: Decimal) -> str:
    return f"{usd.quantize(_SMALLEST_RATE).normalize():f}"


def _units(volume: Decimal) -> str:
    """A volume with as many decimals as make a difference."""
    return f"{volume:,.0f}" if volume >= _WHOLE_UNITS else f"{volume:,.3f}"
