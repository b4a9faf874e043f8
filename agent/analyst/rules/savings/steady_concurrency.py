"""Finds functions that are so steadily busy that provisioned concurrency costs less than running on demand.

Provisioned concurrency has a price for each instance, and a lower price for duration. It pays off where its instances
are busy for more than 60% of the time. CloudWatch does not report how the load is spread over the day, but there is a
bound: if the load has the average a and never exceeds p, then n instances (n <= p) are busy for at least a / p of the
time. So they serve at least the share n / p of all runs, and at most the share n / a, if the load never changes.
"""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal

from agent.analyst.analysis.finding import Answer, Change, Level, Proposal, Rule
from agent.analyst.analysis.profile import SECONDS_PER_MONTH, FunctionProfile, ProvisionedConcurrency
from agent.analyst.rules import lambda_at_edge, missing
from agent.analyst.rules.changes import target

# Above the 60% at which both prices meet, so that a somewhat uneven load does not cost more.
BUSY_SHARE = 0.75
_ALIAS = "<alias>"


def propose(profile: FunctionProfile) -> Answer:
    """Propose as many instances as are busy on average, where the peak is not far above the average."""
    usage = profile.usage
    if usage is None:
        return missing.USAGE
    seconds = Decimal(str(usage.duration_ms)) / 1_000 * profile.window.per_month
    average = float(seconds / SECONDS_PER_MONTH)
    units = math.floor(average)
    if not units or profile.snap_start:
        return None
    if profile.provisioned is None:
        return missing.PROVISIONED
    if profile.provisioned:
        return None
    peak = usage.peak_concurrency
    if peak is None:
        return missing.PEAK_CONCURRENCY
    if average < BUSY_SHARE * peak or peak < units:
        return None
    uneven = _provided(profile, units, usage.invocations * units / peak)
    even = _provided(profile, units, usage.invocations * units / average)
    edge = lambda_at_edge.possible(profile)
    return Proposal(
        title=f"At least {units:,} of its instances are always busy on average, without provisioned concurrency",
        evidence={
            "Instances that run on average": f"{average:,.1f}",
            "Most instances at once": f"{peak:,}",
            "Share of the time that the proposed instances are busy": f"{average / peak:.0%} at least",
        },
        change=Change(
            summary=f"Provisioned concurrency 0 → {units:,}",
            cli=(
                f"aws lambda publish-version {target(profile)}\n"
                f"aws lambda create-alias {target(profile)} --name '{_ALIAS}' --function-version '<the new version>'\n"
                f"aws lambda put-provisioned-concurrency-config {target(profile)} --qualifier '{_ALIAS}' "
                f"--provisioned-concurrent-executions {units}"
            ),
            undo=(
                f"aws lambda delete-provisioned-concurrency-config {target(profile)} --qualifier '{_ALIAS}'\n"
                f"aws lambda delete-alias {target(profile)} --name '{_ALIAS}'"
            ),
            pulumi=f"aws.lambda_.ProvisionedConcurrencyConfig.provisioned_concurrent_executions = {units}, on an "
            "aws.lambda_.Alias that the callers use",
        ),
        confidence=Level.LOW if edge else Level.MEDIUM,
        risk=Level.MEDIUM,
        risk_reason="It is billed around the clock: remove it when the load falls. Callers must call the alias."
        + (" CloudFront (Lambda@Edge) does not support it." if edge else ""),
        effort=Level.MEDIUM,
        assumption="The load of the coming months is as steady as in the time of observation.",
        after=uneven,
        bounds=(uneven, even),
    )


def _provided(profile: FunctionProfile, units: int, served: float) -> FunctionProfile:
    """Return the function with provisioned instances that serve a number of its runs."""
    one = ProvisionedConcurrency(qualifier=_ALIAS, units=units, peak_utilization=1.0, invocations=int(served))
    return replace(profile, provisioned=(one,))


RULE = Rule(
    name="steady-concurrency",
    title="Steady load without provisioned concurrency",
    propose=propose,
    monetary=True,
    by_duration=True,
)
