"""Finds functions whose old versions fill the region's space for code."""

from __future__ import annotations

from agent.analyst.analysis.finding import Answer, Level, Proposal, Rule
from agent.analyst.analysis.profile import FunctionProfile
from agent.analyst.rules import missing, versions

# A region has 75 GB for the code of all functions and layers, unless AWS has raised its quota.
LIMIT_GB = 75
MIN_BYTES = 1_024**3


def propose(profile: FunctionProfile) -> Answer:
    """Propose to delete old versions that together need a gigabyte. Their space is free, but limited."""
    if profile.versions is None:
        return None if profile.has_versions is False else missing.VERSIONS
    old = versions.old(profile, profile.versions)
    size = sum(version.code_bytes for version in old)
    if size < MIN_BYTES:
        return None
    return Proposal(
        title=f"{len(old):,} old versions keep {size / 1_024**3:,.1f} GB of code",
        evidence={
            "Versions": f"{len(profile.versions):,}",
            "Old versions": versions.named(old),
            "Share of the region's space": f"{size / 1_024**3 / LIMIT_GB:.0%} of {LIMIT_GB} GB",
        },
        change=versions.deletion(profile, old),
        confidence=Level.HIGH,
        risk=Level.MEDIUM,
        risk_reason=f"When the space is used up, deployments fail. {versions.RISK}",
        effort=Level.LOW,
        after=versions.without(profile, old),
    )


RULE = Rule(name="old-versions", title="Old versions", propose=propose)
