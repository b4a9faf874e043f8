"""Turns a region's profiles into findings: applies the rules in order, each to what earlier changes have left.

A rule sees a function as the accepted findings leave it. The proposals of one rule for all functions of a region are
priced together, because AWS counts price tiers over all functions of a region: the rule's changes move the region's
bill from one amount to another, and each change saves its share of the difference, in proportion to the units that it
changes. As a result all savings add up to what all changes save together: nothing is counted twice, no saving is
negative, no function saves more than it costs, and the sum never exceeds the account's cost.

Example: moving a single function to arm64 would leave the cheapest tier of x86_64 for the most expensive tier of arm64,
and would seem to save nothing, however much all functions save together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from agent.analyst.analysis import cost, formula, runtimes, second_opinion
from agent.analyst.analysis.finding import Category, Finding, Proposal, Rule, Undecided
from agent.analyst.analysis.prices import PriceTable, Rates, Volumes
from agent.analyst.analysis.profile import FunctionProfile
from agent.analyst.analysis.thresholds import MIN_OPPORTUNITY_USD
from agent.analyst.rules import RULES


@dataclass(frozen=True, kw_only=True)
class FunctionAssessment:
    """One function's cost and findings.

    Attributes:
        profile: The function as it was read.
        exact_cost: USD per month, not rounded, so that costs can be added up.
        findings: The findings, in the order in which their changes are made.
        undecided: The answers of the rules that lacked a fact, by the rule's name.
    """

    profile: FunctionProfile
    exact_cost: Decimal
    findings: tuple[Finding, ...]
    undecided: Mapping[str, Undecided]

    @property
    def cost(self) -> Decimal:
        """Return the cost in USD per month, rounded to the cent."""
        return cost.rounded(self.exact_cost)

    @property
    def saving(self) -> Decimal:
        """Return what the opportunities save, in USD per month; minor savings are not counted."""
        return saved_by(self.findings, Category.OPPORTUNITY)


def saved_by(findings: Iterable[Finding], category: Category) -> Decimal:
    """Return what the findings of one category save together, in USD per month."""
    return sum((finding.saving for finding in findings if finding.category is category), Decimal(0))


def assess(
    profiles: Iterable[FunctionProfile], table: PriceTable, shared: Sequence[Volumes] = ()
) -> list[FunctionAssessment]:
    """Price the functions of one region and apply every rule to them.

    Args:
        profiles: All functions of the region, because AWS counts price tiers over all of them.
        table: The region's prices.
        shared: What AWS meters in the region for nobody alone. No rule changes it, and it counts for the tiers.
    """
    functions = [_Function(found=profile, current=profile, volumes=cost.volumes(profile)) for profile in profiles]
    today = table.average_rates(cost.added([*shared, *(function.volumes for function in functions)]))
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
        _accept_worthwhile(changes, functions, table, shared)
    return [
        FunctionAssessment(
            profile=function.found,
            exact_cost=function.exact_cost,
            findings=tuple(function.findings),
            undecided=function.undecided,
        )
        for function in functions
    ]


@dataclass(kw_only=True, eq=False)
class _Function:
    """One function while the rules are applied to it.

    Attributes:
        found: The function as it was read.
        current: The function after its accepted findings; None once one of them deletes it.
        volumes: What AWS meters for `current` in a month.
        exact_cost: USD per month of `found`, not rounded.
        left: USD per month that remain after the accepted findings.
        findings: The findings accepted so far.
        undecided: The answers of the rules that lacked a fact, by the rule's name.
    """

    found: FunctionProfile
    current: FunctionProfile | None
    volumes: Volumes
    exact_cost: Decimal = Decimal(0)
    left: Decimal = Decimal(0)
    findings: list[Finding] = field(default_factory=list)
    undecided: dict[str, Undecided] = field(default_factory=dict)

    def proposal(self, rule: Rule) -> Proposal | None:
        """Return the rule's proposal; None without one. Keep the answer of a rule that lacks a fact."""
        if self.current is None or not _applies(rule, self.current):
            return None
        answer = rule.propose(self.current)
        if isinstance(answer, Undecided):
            self.undecided[rule.name] = answer
            return None
        return None if answer is None else second_opinion.weighed(rule.name, answer, self.current)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Change:
    """A rule's proposal for one function, and the function's billed volumes after the change."""

    rule: Rule
    function: _Function
    proposal: Proposal
    after: Volumes

    def difference(self, rates: Rates) -> Decimal:
        return cost.priced(self.function.volumes, rates) - cost.priced(self.after, rates)

    def worthwhile(self, rates: Rates) -> bool:
        """Return whether the change is not more expensive, and saves a cent if its only purpose is to save money."""
        difference = self.difference(rates)
        return min(difference, self.function.left) >= cost.CENT if self.rule.monetary else difference >= 0

    def accept(self, rates: Rates, table: PriceTable) -> None:
        function, found = self.function, self.function.found
        difference = self.difference(rates)
        saving = cost.rounded_saving(min(difference, function.left))
        text = formula.of_saving(function.volumes, self.after, rates, table)
        function.findings.append(
            Finding(
                rule=self.rule.name,
                function=found.name,
                arn=found.arn,
                region=found.region,
                owner=found.owner,
                proposal=self.proposal,
                saving=saving,
                bounds=self._bounds(rates),
                formula=text if difference <= function.left else f"{text}, but no more than the function costs",
                category=_category(saving),
            )
        )
        function.left -= saving
        function.current, function.volumes = self.proposal.after, self.after

    def _bounds(self, rates: Rates) -> tuple[Decimal, Decimal] | None:
        """Price the bounds of the estimate at the rates of the estimate itself."""
        if self.proposal.bounds is None:
            return None
        today = cost.priced(self.function.volumes, rates)
        least, most = (today - cost.priced(cost.volumes(bound), rates) for bound in self.proposal.bounds)
        left = self.function.left
        return cost.rounded_saving(min(least, left)), cost.rounded_saving(min(most, left))


def _applies(rule: Rule, profile: FunctionProfile) -> bool:
    if rule.by_duration and profile.managed_instances:
        return False
    today = profile.window.end.date()
    return not (rule.updates_function and runtimes.updates_blocked(profile.runtime, today))


def _accept_worthwhile(
    changes: Sequence[_Change], functions: Sequence[_Function], table: PriceTable, shared: Sequence[Volumes]
) -> None:
    """Accept the changes of one rule that are worthwhile at the rates that they have together.

    Dropping a change moves the rates of the others, so the check is repeated until no change is dropped.
    """
    before = cost.added([*shared, *(function.volumes for function in functions)])
    while changes:
        changed = {change.function.found.key: change.after for change in changes}
        left = (changed.get(function.found.key, function.volumes) for function in functions)
        after = cost.added([*shared, *left])
        rates = table.rates_between(before, after)
        worthwhile = [change for change in changes if change.worthwhile(rates)]
        if len(worthwhile) == len(changes):
            for change in changes:
                change.accept(rates, table)
            return
        changes = worthwhile


def _with_waste(proposal: Proposal, before: Volumes, today: Rates, table: PriceTable) -> Proposal:
    """Add what the function wastes to the proposal's evidence, as a part of today's cost."""
    if proposal.without_waste is None:
        return proposal
    after = cost.volumes(proposal.without_waste)
    wasted = cost.rounded(cost.priced(before, today) - cost.priced(after, today))
    text = f"${wasted:,.2f} a month: {formula.of_saving(before, after, today, table)}"
    return replace(proposal, evidence={**proposal.evidence, "Wasted": text})


def _volumes(profile: FunctionProfile | None) -> Volumes:
    return {} if profile is None else cost.volumes(profile)


def _category(saving: Decimal) -> Category:
    if not saving:
        return Category.ADVICE
    return Category.OPPORTUNITY if saving >= MIN_OPPORTUNITY_USD else Category.MINOR
