"""Finds functions that reject requests because they reach their reserved concurrency."""

import math

from agent.analyst.analysis.finding import Answer, Change, Level, Proposal, Rule, Undecided
from agent.analyst.analysis.profile import FunctionProfile
from agent.analyst.rules import missing
from agent.analyst.rules.changes import target

MORE = 1.5


def propose(profile: FunctionProfile) -> Answer:
    """Propose to reserve half as much again. A function with 0 reserved instances is switched off on purpose."""
    usage, reserved = profile.usage, profile.reserved_concurrency
    if usage is None:
        return missing.USAGE
    if not usage.throttles or not reserved:
        return None
    if usage.peak_concurrency is None:
        return Undecided(reason="CloudWatch has no number of its instances", missing="usage.peak_concurrency")
    if usage.peak_concurrency < reserved:
        return None
    more = math.ceil(MORE * reserved)
    return Proposal(
        title=f"Rejects requests at its limit of {reserved:,} instances",
        evidence={
            "Reserved concurrency": f"{reserved:,}",
            "Most instances at once": f"{usage.peak_concurrency:,}",
            "Throttles": f"{usage.throttles:,} in addition to {usage.invocations:,} runs",
        },
        change=Change(
            summary=f"Reserved concurrency {reserved:,} → {more:,}",
            cli=f"aws lambda put-function-concurrency {target(profile)} --reserved-concurrent-executions {more}",
            undo=f"aws lambda put-function-concurrency {target(profile)} --reserved-concurrent-executions {reserved}",
            pulumi=f"aws.lambda_.Function.reserved_concurrent_executions = {more}",
        ),
        confidence=Level.HIGH,
        risk=Level.MEDIUM,
        risk_reason=(
            "The limit may protect a service that the function calls, for example a database. Concurrency that is "
            "reserved for one function is not available to the others of the account."
        ),
        effort=Level.LOW,
        after=profile,
    )


RULE = Rule(name="throttling", title="Throttled at their own limit", propose=propose)
