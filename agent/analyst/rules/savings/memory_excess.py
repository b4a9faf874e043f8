"""Finds functions with far more memory than they use.

Lambda assigns processor time in proportion to memory (one vCPU at 1,769 MB, six at 10,240 MB). With less memory, the
part of a run that computes takes longer; the part that waits does not. The model:

    duration(m) = duration(m0) * (1 - c + c * m0 / m)

where c is the share of a run that computes. CloudWatch does not report c, so c = 0.5 is assumed. CloudWatch does not
report either whether a run can use more than one vCPU. A run that cannot is not slower above 1,769 MB. The model
assumes that every run can, so the real saving is at least the computed one.

A step is proposed only if a run that only computes (c = 1) would still take at most twice as long, stay below its
timeout, and need no more provisioned instances than there are. A function is therefore halved at most per report; once
the effect has been measured, the next report proposes the next step.
"""

from __future__ import annotations

from dataclasses import replace

from agent.analyst.analysis.finding import Answer, Level, Proposal, Rule, Undecided
from agent.analyst.analysis.profile import FunctionProfile, ProvisionedConcurrency, Usage
from agent.analyst.analysis.thresholds import MIN_REPORTS
from agent.analyst.rules import changes, missing
from agent.analyst.rules.sizes import rounded_up_mb

COMPUTING_SHARE = 0.5
MAX_SLOWDOWN = 2.0
# Memory kept free above the highest observed use.
HEADROOM = 1.25
SMALLEST_MB = 128
# Smaller steps are within the error of the model.
WORTHWHILE_SHARE = 0.75
# The 99th percentile must stay this far below the timeout, even for a run that only computes.
TIMEOUT_SHARE = 0.8


def propose(profile: FunctionProfile) -> Answer:
    """Propose the smallest memory size that the sample and the model allow."""
    usage, memory = profile.usage, profile.memory
    if profile.memory_mb <= SMALLEST_MB:
        return None
    if usage is None:
        return missing.USAGE
    unknown = missing.memory(profile)
    if memory is None or unknown:
        return unknown
    if memory.reports < MIN_REPORTS:
        return Undecided(reason=f"fewer than {MIN_REPORTS} REPORT lines were found", missing="memory.reports")
    if not usage.invocations:
        return None
    target_mb = max(
        SMALLEST_MB,
        rounded_up_mb(memory.peak_mb * HEADROOM),
        rounded_up_mb(profile.memory_mb / _slowdown_allowed(profile, usage)),
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
            undo=f"--memory-size {profile.memory_mb}",
            pulumi=f"aws.lambda_.Function.memory_size = {target_mb}",
        ),
        confidence=Level.MEDIUM,
        risk=Level.MEDIUM,
        risk_reason="Less memory also brings less processor time: measure with AWS Lambda Power Tuning and watch p99.",
        assumption=f"{COMPUTING_SHARE:.0%} of a run computes, and takes longer with less processor time.",
        effort=Level.MEDIUM,
        after=_resized(profile, target_mb, slowdown),
        bounds=(_resized(profile, target_mb, worst), _resized(profile, target_mb, 1.0)),
    )


def relative_duration(before_mb: int, after_mb: int, computing_share: float) -> float:
    """Return how many times as long a run takes after a change of memory."""
    return 1 - computing_share + computing_share * before_mb / after_mb


def _slowdown_allowed(profile: FunctionProfile, usage: Usage) -> float:
    """Return how many times as long a run that only computes may take; 1 if it must not take longer."""
    limits = [MAX_SLOWDOWN]
    if usage.p99_ms:
        limits.append(profile.timeout_seconds * 1_000 * TIMEOUT_SHARE / usage.p99_ms)
    for one in profile.provisioned or ():
        # Longer runs keep more instances busy at once. Without a measurement, assume that all are busy.
        busy = 1.0 if one.peak_utilization is None else one.peak_utilization
        limits.append(1.0 / busy if busy else MAX_SLOWDOWN)
    return max(1.0, min(limits))


def _resized(profile: FunctionProfile, memory_mb: int, slowdown: float) -> FunctionProfile:
    """Return the function with another memory size, where a run takes this many times as long."""
    usage, init = profile.usage, profile.init
    assert usage is not None
    return replace(
        profile,
        memory_mb=memory_mb,
        optimizer=None,
        init=None
        if init is None
        else replace(init, init_ms=init.init_ms * slowdown, restore_ms=init.restore_ms * slowdown),
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
    )


def _busier(provisioned: ProvisionedConcurrency, slowdown: float) -> ProvisionedConcurrency:
    busy = _times(provisioned.peak_utilization, slowdown)
    return replace(provisioned, memory_mb=None, peak_utilization=None if busy is None else min(1.0, busy))


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor


RULE = Rule(
    name="memory-excess",
    title="Over-provisioned memory",
    propose=propose,
    monetary=True,
    by_duration=True,
    updates_function=True,
)
