"""Functions that turn requests away because they have reached the concurrency that is reserved for them."""

import math

from agent.analyst.analysis.finding import Change, Level, Proposal, Rule
from agent.analyst.analysis.profile import FunctionProfile
from agent.analyst.rules.changes import target

MORE = 1.5


def propose(profile: FunctionProfile) -> Proposal | None:
    """Propose to reserve half as much again; a function with nothing reserved (0) is switched off on purpose."""
    usage, reserved = profile.usage, profile.reserved_concurrency
    assert usage is not None
    if not usage.throttles or not reserved or usage.peak_concurrency is None or usage.peak_concurrency < reserved:
        return None
    more = math.ceil(MORE * reserved)
    return Proposal(
        title=f"Turns requests away at its limit of {reserved:,} instances",
        evidence={
            "Reserved concurrency": f"{reserved:,}",
            "Most instances at once": f"{usage.peak_concurrency:,}",
            "Throttles": f"{usage.throttles:,} beside {usage.invocations:,} runs",
        },
        change=Change(
            summary=f"Reserved concurrency {reserved:,} → {more:,}",
            cli=f"aws lambda put-function-concurrency {target(profile)} --reserved-concurrent-executions {more}",
            pulumi=f"aws.lambda_.Function.reserved_concurrent_executions = {more}",
        ),
        confidence=Level.HIGH,
        risk=Level.MEDIUM,
        risk_reason=(
            "The limit may be there for what stands behind the function, a database for instance; and what is reserved "
            "for one function is taken from the account's others."
        ),
        after=profile,
    )


RULE = Rule(name="throttling", title="Throttled at their own limit", propose=propose, needs=("usage",))
