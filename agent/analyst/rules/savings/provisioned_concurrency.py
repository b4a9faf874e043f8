"""Finds provisioned concurrency that is not used."""

from __future__ import annotations

import math
from dataclasses import replace
from shlex import quote

from agent.analyst.analysis.finding import Answer, Change, Level, Proposal, Rule, Undecided
from agent.analyst.analysis.profile import FunctionProfile, ProvisionedConcurrency
from agent.analyst.rules import missing
from agent.analyst.rules.changes import target

# Instances kept above the observed peak.
HEADROOM = 1.1

_UNMEASURED = Undecided(
    reason="CloudWatch has no utilisation of its provisioned concurrency", missing="provisioned.peak_utilization"
)


def propose(profile: FunctionProfile) -> Answer:
    """Propose as many instances as the peak used plus a tenth, and none where none was used."""
    if profile.provisioned is None:
        return missing.PROVISIONED
    resized = tuple(_resized(provisioned) for provisioned in profile.provisioned)
    if resized == profile.provisioned:
        return None if all(_measured(provisioned) for provisioned in resized) else _UNMEASURED
    changed = [(before, after) for before, after in zip(profile.provisioned, resized, strict=True) if before != after]
    return Proposal(
        title="Provisioned concurrency is not used"
        if all(after.units == 0 for _, after in changed)
        else "More provisioned concurrency than its peak needs",
        evidence={
            f"Qualifier {before.qualifier}": f"{before.units} provisioned, at most {before.peak_utilization:.0%} in use"
            for before, _ in changed
        },
        change=Change(
            summary="Provisioned concurrency "
            + ", ".join(f"{before.units} → {after.units} on {after.qualifier}" for before, after in changed),
            cli="\n".join(_command(profile, after) for _, after in changed),
            undo="\n".join(_command(profile, before) for before, _ in changed),
            pulumi=", ".join(
                f"aws.lambda_.ProvisionedConcurrencyConfig({after.qualifier}).provisioned_concurrent_executions = "
                f"{after.units}"
                if after.units
                else f"remove aws.lambda_.ProvisionedConcurrencyConfig({after.qualifier})"
                for _, after in changed
            ),
        ),
        confidence=Level.MEDIUM,
        risk=Level.LOW,
        risk_reason="Calls above the new number start cold. If auto scaling sets the number, lower its minimum.",
        assumption="It is provisioned at all hours of the month. If a schedule or auto scaling provides it for only a "
        "part of them, it costs less and saves less.",
        effort=Level.LOW,
        after=replace(profile, provisioned=tuple(provisioned for provisioned in resized if provisioned.units)),
    )


def _measured(provisioned: ProvisionedConcurrency) -> bool:
    """Return whether the utilisation is known and does not contradict the runs that were served."""
    return bool(provisioned.peak_utilization or (provisioned.peak_utilization == 0 and not provisioned.invocations))


def _resized(provisioned: ProvisionedConcurrency) -> ProvisionedConcurrency:
    if provisioned.peak_utilization is None or not _measured(provisioned):
        return provisioned
    peak = provisioned.units * provisioned.peak_utilization
    units = min(provisioned.units, math.ceil(round(peak * HEADROOM, 6)))
    if units == provisioned.units:
        return provisioned
    share = provisioned.peak_utilization * provisioned.units / units if units else 0.0
    return replace(provisioned, units=units, peak_utilization=share)


def _command(profile: FunctionProfile, wanted: ProvisionedConcurrency) -> str:
    options = f"{target(profile)} --qualifier {quote(wanted.qualifier)}"
    if wanted.units:
        units = f"--provisioned-concurrent-executions {wanted.units}"
        return f"aws lambda put-provisioned-concurrency-config {options} {units}"
    return f"aws lambda delete-provisioned-concurrency-config {options}"


RULE = Rule(
    name="provisioned-concurrency",
    title="Unused provisioned concurrency",
    propose=propose,
    monetary=True,
    by_duration=True,
)
