"""Functions that nearly run out of memory."""

import math

from agent.analyst.analysis.finding import Level, Proposal, Rule
from agent.analyst.analysis.profile import FunctionProfile
from agent.analyst.rules import changes
from agent.analyst.rules.savings.memory_excess import STEP_MB, measured_as_configured

PRESSURE_SHARE = 0.9
HEADROOM = 1.3
LARGEST_MB = 10_240


def propose(profile: FunctionProfile) -> Proposal | None:
    """Propose more memory where the peak comes near the limit; it saves nothing, but failing runs cost too."""
    memory = profile.memory
    assert memory is not None
    if memory.peak_mb < PRESSURE_SHARE * profile.memory_mb or profile.memory_mb >= LARGEST_MB:
        return None
    if not measured_as_configured(profile):
        return None
    target_mb = min(LARGEST_MB, math.ceil(memory.peak_mb * HEADROOM / STEP_MB) * STEP_MB)
    if target_mb <= profile.memory_mb:
        return None
    return Proposal(
        title=f"Uses {min(memory.peak_mb, profile.memory_mb):,} of {profile.memory_mb:,} MB of memory",
        evidence={
            "Configured memory": f"{profile.memory_mb:,} MB",
            "Highest memory used": f"{memory.peak_mb:,} MB in {memory.reports:,} sampled runs",
        },
        change=changes.of_function(
            profile,
            summary=f"Memory {profile.memory_mb:,} → {target_mb:,} MB",
            options=f"--memory-size {target_mb}",
            pulumi=f"aws.lambda_.Function.memory_size = {target_mb}",
        ),
        confidence=Level.HIGH,
        risk=Level.LOW,
        risk_reason=(
            "A run that needs more is killed, and billed. More memory is also more processor, so that what computes "
            f"takes less time; if nothing did, duration would cost {target_mb / profile.memory_mb:.2f} times as much."
        ),
        after=profile,
    )


RULE = Rule(
    name="memory-pressure",
    title="Under-provisioned memory",
    propose=propose,
    needs=("memory",),
    by_duration=True,
    updates_function=True,
)
