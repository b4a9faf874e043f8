"""Finds SnapStart snapshots of old versions, whose cache AWS bills."""

from __future__ import annotations

from agent.analyst.analysis import cost
from agent.analyst.analysis.finding import Answer, Level, Proposal, Rule
from agent.analyst.analysis.profile import FunctionProfile
from agent.analyst.rules import missing, versions


def propose(profile: FunctionProfile) -> Answer:
    """Propose to delete the old versions that have a billed snapshot."""
    if profile.versions is None:
        return None if profile.has_versions is False else missing.VERSIONS
    existing = versions.existing(profile)
    old = [version for version in versions.old(profile, existing) if cost.has_billed_snapshot(version)]
    if not old:
        return None
    cached_mb = sum(version.memory_mb for version in old)
    return Proposal(
        title=f"{len(old):,} old versions keep a SnapStart snapshot",
        evidence={
            "Versions": f"{len(existing):,}",
            "Old versions with a snapshot": versions.named(old),
            "Their memory together": f"{cached_mb:,} MB",
        },
        change=versions.deletion(profile, old),
        confidence=Level.MEDIUM,
        risk=Level.MEDIUM,
        risk_reason=versions.RISK,
        effort=Level.LOW,
        assumption="Lambda still keeps the snapshots. It may drop those of versions that nobody calls for 14 days.",
        after=versions.without(profile, old),
    )


RULE = Rule(name="snapstart-cache", title="Snapshots of old versions", propose=propose, monetary=True)
