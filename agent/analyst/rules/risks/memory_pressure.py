"""Finds functions that nearly run out of memory."""

from agent.analyst.analysis.finding import Answer, Level, Proposal, Rule
from agent.analyst.analysis.profile import FunctionProfile
from agent.analyst.rules import changes, missing
from agent.analyst.rules.sizes import MANAGED_MEMORY_STEP_MB, MEMORY_STEP_MB, largest_mb, rounded_up_mb

PRESSURE_SHARE = 0.9
HEADROOM = 1.3


def propose(profile: FunctionProfile) -> Answer:
    """Propose more memory where the peak is near the limit. It saves nothing, but runs that fail are billed too."""
    memory, largest = profile.memory, largest_mb(profile)
    if profile.memory_mb >= largest:
        return None
    unknown = missing.memory(profile)
    if memory is None or unknown:
        return unknown
    if memory.peak_mb < PRESSURE_SHARE * profile.memory_mb:
        return None
    step = MANAGED_MEMORY_STEP_MB if profile.managed_instances else MEMORY_STEP_MB
    target_mb = min(largest, rounded_up_mb(memory.peak_mb * HEADROOM, step))
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
            undo=f"--memory-size {profile.memory_mb}",
            pulumi=f"aws.lambda_.Function.memory_size = {target_mb}",
        ),
        confidence=Level.HIGH,
        risk=Level.LOW,
        risk_reason="AWS kills a run that needs more memory, and bills it. " + _cost(profile, target_mb),
        effort=Level.LOW,
        after=profile,
    )


def _cost(profile: FunctionProfile, target_mb: int) -> str:
    if profile.managed_instances:
        return "Fewer of its environments fit on an instance, so AWS may start more instances."
    return (
        "More memory also brings more processor time, so runs that compute get shorter. If no run did, duration would "
        f"cost {target_mb / profile.memory_mb:.2f} times as much."
    )


RULE = Rule(
    name="memory-pressure",
    title="Under-provisioned memory",
    propose=propose,
    updates_function=True,
)
