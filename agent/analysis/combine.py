"""From profiles to findings: the rules in order, each on what the changes before it have left.

Every rule sees the function as the accepted findings leave it, and every saving is the difference that this one change
makes to the bill. So savings of one function add up to exactly what all its changes save together: nothing is counted
twice, nothing is negative, and the sum never exceeds what the function costs.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from agent.analysis import cost
from agent.analysis.finding import Finding, Proposal, Rule, Standing
from agent.analysis.prices import Rates, Volumes
from agent.analysis.profile import FunctionProfile
from agent.analysis.rules import RULES

# Below this, in USD per month, a finding is listed but not sold.
SALE_THRESHOLD = Decimal("1.00")

# A formula leaves out what changes the saving by less than a hundredth of a cent.
_NEGLIGIBLE = Decimal("0.0001")
_WHOLE_UNITS = 10_000
_TIMES = "\N{MULTIPLICATION SIGN}"
_MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True, kw_only=True)
class FunctionAssessment:
    """One function's cost and findings.

    Attributes:
        profile: The function as it was found.
        cost: USD per month, to the cent.
        findings: In the order in which they are to be carried out.
        undecided: Names of the rules that lacked the data to decide.
    """

    profile: FunctionProfile
    cost: Decimal
    findings: tuple[Finding, ...]
    undecided: tuple[str, ...]

    @property
    def saving(self) -> Decimal:
        """USD per month that its findings save together."""
        return sum((finding.saving for finding in self.findings), Decimal(0))


def assess(
    profile: FunctionProfile,
    *,
    average_rates: Rates,
    marginal_rates: Rates,
) -> FunctionAssessment:
    """Price a function and put every rule to it.

    Args:
        profile: The function.
        average_rates: What its cost is attributed by.
        marginal_rates: What a unit less saves; never above the average.
    """
    findings: list[Finding] = []
    undecided: list[str] = []
    current: FunctionProfile | None = profile
    for rule in RULES:
        if current is None:
            break
        if any(getattr(current, needed) is None for needed in rule.needs):
            undecided.append(rule.name)
            continue
        proposal = rule.propose(current)
        if proposal is None:
            continue
        finding = _priced(rule, current, proposal, marginal_rates)
        if finding is not None:
            findings.append(finding)
            current = proposal.after
    return FunctionAssessment(
        profile=profile,
        cost=cost.rounded(cost.priced(cost.volumes(profile), average_rates)),
        findings=tuple(findings),
        undecided=tuple(undecided),
    )


def _priced(rule: Rule, current: FunctionProfile, proposal: Proposal, rates: Rates) -> Finding | None:
    """The finding that a proposal comes to; None where the change costs money, or saves none and has no other point."""
    before = cost.volumes(current)
    after = cost.volumes(proposal.after) if proposal.after is not None else {}
    difference = cost.priced(before, rates) - cost.priced(after, rates)
    saving = cost.rounded_saving(difference)
    if difference < 0 or (rule.monetary and not saving):
        return None
    return Finding(
        rule=rule.name,
        function=current.name,
        arn=current.arn,
        region=current.region,
        proposal=proposal,
        saving=saving,
        formula=_formula(before, after, rates),
        standing=_standing(saving),
    )


def _standing(saving: Decimal) -> Standing:
    if not saving:
        return Standing.ADVICE
    return Standing.OPPORTUNITY if saving >= SALE_THRESHOLD else Standing.MINOR


def _formula(before: Volumes, after: Volumes, rates: Rates) -> str:
    """How a saving is computed: every meter that changes the bill, with its units and its rate."""
    terms: list[str] = []
    for meter, rate in rates.items():
        had, has = before.get(meter, Decimal(0)), after.get(meter, Decimal(0))
        if abs(had - has) * rate < _NEGLIGIBLE:
            continue
        units = f"({_units(had)} {_MINUS} {_units(has)})" if had and has else _units(had or has)
        sign = _MINUS if not had else "+"
        terms.append(f"{sign} {units} {meter.unit} {_TIMES} ${rate.normalize():f} for {meter.value}")
    return " ".join(terms).removeprefix("+ ")


def _units(volume: Decimal) -> str:
    """A volume with as many decimals as make a difference."""
    return f"{volume:,.0f}" if volume >= _WHOLE_UNITS else f"{volume:,.3f}"
