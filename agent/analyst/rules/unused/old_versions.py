"""Finds functions whose old versions fill the region's space for code."""

from __future__ import annotations

from agent.analyst.analysis.finding import Answer, Level, Proposal, Rule
from agent.analyst.analysis.profile import FunctionProfile
from agent.analyst.rules import missing, versions

# The space is free, and deployments fail only when all of it is used.
SCARCE_SHARE = 0.8
GB = 1_024**3
MIN_BYTES = GB


def propose(profile: FunctionProfile) -> Answer:
    """Propose to delete old versions that together need a gigabyte, where the region has little space left."""
    if profile.versions is None:
        return None if profile.has_versions is False else missing.VERSIONS
    existing = versions.existing(profile)
    old = versions.old(profile, existing)
    size = sum(version.code_bytes for version in old)
    if size < MIN_BYTES:
        return None
    region = profile.surroundings
    if region is None or region.code_bytes is None or region.code_limit_bytes is None:
        return missing.CODE_LIMIT
    if region.code_bytes < SCARCE_SHARE * region.code_limit_bytes:
        return None
    return Proposal(
        title=f"{len(old):,} old versions keep {size / GB:,.1f} GB of code",
        evidence={
            "Versions": f"{len(existing):,}",
            "Old versions": versions.named(old),
            "Code in the region": f"{region.code_bytes / GB:,.1f} of {region.code_limit_bytes / GB:,.0f} GB",
        },
        change=versions.deletion(profile, old),
        confidence=Level.HIGH,
        risk=Level.MEDIUM,
        risk_reason=f"When the space is used up, deployments fail. {versions.RISK}",
        effort=Level.LOW,
        after=versions.without(profile, old),
    )


RULE = Rule(name="old-versions", title="Old versions", propose=propose)
