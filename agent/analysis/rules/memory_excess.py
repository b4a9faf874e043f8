"""Functions with far more memory than they use.

Less memory is not simply less money: Lambda hands out processor time in proportion to memory (one full vCPU at 1,769
MB), so that the share of a run that computes, rather than waits, takes longer on less. The model here:

    duration(m) = duration(m0) * (1 - c + c * speed(m0) / speed(m)),   speed(m) = min(m, 1769)

with c the share that computes. CloudWatch does not tell c, so half is assumed, and no step is proposed in which even a
run that only computes (c = 1) would take more than twice as long, or come near its timeout.
"""

from __future__ import annotations

import math
from dataclasses import replace

from agent.analysis.finding import Change, Level, Proposal, Rule
from agent.analysis.profile import FunctionProfile

# https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html: "At 1,769 MB, a function has the equivalent of
# one vCPU". More gives further processors, of which a single-threaded run has nothing.
FULL_VCPU_MB = 1_769
COMPUTING_SHARE = 0.5
MOST_SLOWDOWN = 2.0
# Memory kept free above the highest use that was seen.
HEADROOM = 1.25
SMALLEST_MB = 128
STEP_MB = 64
# Smaller steps are within what the model can be wrong by.
WORTHWHILE_SHARE = 0.75
# A sample of fewer lines may have missed the heavy runs.
FEWEST_REPORTS = 20
# The 99th percentile must stay this far below the timeout, even for a run that only computes.
TIMEOUT_SHARE = 0.8


def propose(profile: FunctionProfile) -> Proposal | None:
    """Propose the smallest memory size that the sample and the model allow."""
    usage, memory = profile.usage, profile.memory
    assert usage is not None
    assert memory is not None
    if memory.reports < FEWEST_REPORTS or not usage.invocations:
        return None
    target_mb = max(
        SMALLEST_MB,
        _up_to_step(memory.peak_mb * HEADROOM),
        _up_to_step(min(profile.memory_mb, FULL_VCPU_MB) / _slowdown_allowed(profile)),
    )
    if target_mb > WORTHWHILE_SHARE * profile.memory_mb:
        return None
    slowdown = relative_duration(profile.memory_mb, target_mb, COMPUTING_SHARE)
    worst = relative_duration(profile.memory_mb, target_mb, 1.0)
    return Proposal(
        title=f"{profile.memory_mb:,} MB configured, {memory.peak_mb:,} MB used at most",
        evidence={
            "Configured memory": f"{profile.memory_mb:,} MB",
            "Highest memory used": f"{memory.peak_mb:,} MB in {memory.reports:,} sampled runs",
            "Average duration": f"{usage.average_ms:,.0f} ms",
            "Expected duration": f"{slowdown:.2f} times as long ({worst:.2f} times if a run only computes)",
        },
        change=Change(
            summary=f"Memory {profile.memory_mb:,} → {target_mb:,} MB",
            cli=(
                f"aws lambda update-function-configuration --region {profile.region} "
                f"--function-name {profile.name} --memory-size {target_mb}"
            ),
            pulumi=f"aws.lambda_.Function.memory_size = {target_mb}",
        ),
        confidence=Level.MEDIUM,
        risk=Level.MEDIUM if worst > 1.0 else Level.LOW,
        risk_reason="Less memory is also less processor: measure with AWS Lambda Power Tuning, and watch p99 after it.",
        assumption=f"{COMPUTING_SHARE:.0%} of a run computes and slows down with its share of the processor.",
        after=replace(
            profile,
            memory_mb=target_mb,
            usage=replace(
                usage,
                duration_ms=usage.duration_ms * slowdown,
                p95_ms=None if usage.p95_ms is None else usage.p95_ms * slowdown,
                p99_ms=None if usage.p99_ms is None else usage.p99_ms * slowdown,
            ),
        ),
    )


def relative_duration(before_mb: int, after_mb: int, computing_share: float) -> float:
    """How many times as long a run takes after a change of memory."""
    return 1 - computing_share + computing_share * min(before_mb, FULL_VCPU_MB) / min(after_mb, FULL_VCPU_MB)


def _slowdown_allowed(profile: FunctionProfile) -> float:
    assert profile.usage is not None
    if not profile.usage.p99_ms:
        return MOST_SLOWDOWN
    until_timeout = profile.timeout_seconds * 1_000 * TIMEOUT_SHARE / profile.usage.p99_ms
    return min(MOST_SLOWDOWN, max(1.0, until_timeout))


def _up_to_step(megabytes: float) -> int:
    return math.ceil(megabytes / STEP_MB) * STEP_MB


RULE = Rule(
    name="memory-excess", title="Over-provisioned memory", propose=propose, needs=("usage", "memory"), monetary=True
)
