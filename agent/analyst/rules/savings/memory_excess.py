"""Functions with far more memory than they use.

Less memory is not simply less money: Lambda hands out processor time in proportion to memory (a full vCPU at 1,769 MB,
six at 10,240), so that the share of a run that computes, rather than waits, takes longer on less. The model here:

    duration(m) = duration(m0) * (1 - c + c * m0 / m)

with c the share that computes. CloudWatch does not tell c, so half is assumed. Nor does it tell whether a run has the
threads to use more than one vCPU. One that has takes longer on less at any size; one that has not does not above 1,769
MB. So every run is taken to be able to: what is saved is then more than promised, if anything. No step is proposed in
which even a run that only computes (c = 1), on all its processors, would take more than twice as long, come near its
timeout, or need more provisioned instances than there are. A large function is thus halved at most: once that has been
measured, the next report proposes the next step.
"""

from __future__ import annotations

import math
from dataclasses import replace

from agent.analyst.analysis.finding import Level, Proposal, Rule
from agent.analyst.analysis.profile import FunctionProfile, ProvisionedConcurrency
from agent.analyst.rules import changes

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
    if memory.reports < FEWEST_REPORTS or not usage.invocations or not measured_as_configured(profile):
        return None
    target_mb = max(
        SMALLEST_MB,
        _up_to_step(memory.peak_mb * HEADROOM),
        _up_to_step(profile.memory_mb / _slowdown_allowed(profile)),
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
        change=changes.of_function(
            profile,
            summary=f"Memory {profile.memory_mb:,} → {target_mb:,} MB",
            options=f"--memory-size {target_mb}",
            pulumi=f"aws.lambda_.Function.memory_size = {target_mb}",
        ),
        confidence=Level.MEDIUM,
        risk=Level.MEDIUM,
        risk_reason="Less memory is also less processor: measure with AWS Lambda Power Tuning, and watch p99 after it.",
        assumption=f"{COMPUTING_SHARE:.0%} of a run computes and slows down with its share of the processor.",
        after=replace(
            profile,
            memory_mb=target_mb,
            usage=replace(
                usage,
                duration_ms=usage.duration_ms * slowdown,
                p95_ms=_times(usage.p95_ms, slowdown),
                p99_ms=_times(usage.p99_ms, slowdown),
                longest_ms=_times(usage.longest_ms, slowdown),
            ),
            provisioned=None
            if profile.provisioned is None
            else tuple(_busier(one, slowdown) for one in profile.provisioned),
        ),
    )


def measured_as_configured(profile: FunctionProfile) -> bool:
    """Whether what was measured ran with the function's own memory, rather than with an older version's."""
    return all(one.memory_mb in (None, profile.memory_mb) for one in profile.provisioned or ())


def relative_duration(before_mb: int, after_mb: int, computing_share: float) -> float:
    """How many times as long a run takes after a change of memory."""
    return 1 - computing_share + computing_share * before_mb / after_mb


def _slowdown_allowed(profile: FunctionProfile) -> float:
    """How many times as long a run that only computes may take; 1 for no longer."""
    assert profile.usage is not None
    limits = [MOST_SLOWDOWN]
    if profile.usage.p99_ms:
        limits.append(profile.timeout_seconds * 1_000 * TIMEOUT_SHARE / profile.usage.p99_ms)
    for one in profile.provisioned or ():
        # Instances that are in use longer are more in use at once; where that was not measured, none may be spare.
        busy = 1.0 if one.peak_utilization is None else one.peak_utilization
        limits.append(1.0 / busy if busy else MOST_SLOWDOWN)
    return max(1.0, min(limits))


def _busier(provisioned: ProvisionedConcurrency, slowdown: float) -> ProvisionedConcurrency:
    busy = _times(provisioned.peak_utilization, slowdown)
    return replace(provisioned, memory_mb=None, peak_utilization=None if busy is None else min(1.0, busy))


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor


def _up_to_step(megabytes: float) -> int:
    return math.ceil(megabytes / STEP_MB) * STEP_MB


RULE = Rule(
    name="memory-excess",
    title="Over-provisioned memory",
    propose=propose,
    needs=("usage", "memory"),
    monetary=True,
    by_duration=True,
    updates_function=True,
)
