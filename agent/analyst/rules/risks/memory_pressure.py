"""Finds functions that nearly run out of memory."""

from agent.analyst.analysis.finding import Level, Proposal, Rule
from agent.analyst.analysis.profile import FunctionProfile
from agent.analyst.rules import changes
from agent.analyst.rules.sizes import rounded_up_mb

PRESSURE_SHARE = 0.9
HEADROOM = 1.3
LARGEST_MB = 10_240


def propose(profile: FunctionProfile) -> Proposal | None:
    """Propose more memory where the peak is near the limit. It saves nothing, but runs that fail are billed too."""
    memory = profile.memory
    assert memory is not None
    if memory.peak_mb < PRESSURE_SHARE * profile.memory_mb or profile.memory_mb >= LARGEST_MB:
        return None
    if not profile.measured_as_configured:
        return None
    target_mb = min(LARGEST_MB, rounded_up_mb(memory.peak_mb * HEADROOM))
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
            "AWS kills a run that needs more memory, and bills it. More memory also brings more processor time, so "
            "runs that compute get shorter. If no run did, duration would cost "
            f"{target_mb / profile.memory_mb:.2f} times as much."
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
