"""Finds functions that would start for less from snapshots (SnapStart).

Snapshots of Java are free. For Python and .NET, AWS bills each restored GB of memory, and the cache of each version:
https://aws.amazon.com/lambda/pricing/. At the prices of us-east-1 they pay off on x86_64 only, for functions whose
initialisation takes longer than 9.32 s and whose cold starts pay for the cache. The prices decide, not this rule.
"""

from __future__ import annotations

from dataclasses import replace

from agent.analyst.analysis import runtimes
from agent.analyst.analysis.cost import FREE_EPHEMERAL_STORAGE_MB
from agent.analyst.analysis.facts.configuration import Version
from agent.analyst.analysis.facts.use import InitUse
from agent.analyst.analysis.finding import Answer, Level, Proposal, Rule
from agent.analyst.analysis.profile import FunctionProfile
from agent.analyst.rules import changes, missing
from agent.analyst.rules.savings import cold_starts

# The part of an initialisation that AWS still bills as duration when a snapshot is restored.
RESTORED_SHARE = 0.1


def propose(profile: FunctionProfile) -> Answer:
    """Propose snapshots where cold starts are costly and SnapStart supports the function."""
    billed = runtimes.has_billed_snapshots(profile.runtime)
    if profile.snap_start or not (billed or runtimes.has_free_snapshots(profile.runtime)):
        return None
    if profile.ephemeral_storage_mb > FREE_EPHEMERAL_STORAGE_MB or profile.provisioned:
        return None
    evidence = cold_starts.evidence(profile)
    if not isinstance(evidence, dict) or profile.init is None:
        return None if isinstance(evidence, dict) else evidence
    if profile.provisioned is None:
        return missing.PROVISIONED
    if profile.versions is None:
        return missing.VERSIONS
    return Proposal(
        title="Its cold starts cost more than SnapStart would"
        if billed
        else "Its cold starts are billed although SnapStart is free for its runtime",
        evidence=evidence,
        change=changes.of_function(
            replace(profile, has_versions=True),
            summary="Start from snapshots (SnapStart)",
            options="--snap-start ApplyOn=PublishedVersions",
            undo="--snap-start ApplyOn=None",
            pulumi='aws.lambda_.Function.snap_start.apply_on = "PublishedVersions"',
        ),
        confidence=Level.LOW if billed else Level.MEDIUM,
        risk=Level.MEDIUM,
        risk_reason=(
            "Only published versions use snapshots: callers must call a version or an alias. All instances start with "
            "the same memory: unique values, connections and temporary credentials must be made after the restore. "
            "SnapStart does not support EFS."
        )
        + (" Delete old versions: the cache of each is billed until then." if billed else ""),
        effort=Level.MEDIUM,
        assumption=f"AWS bills {RESTORED_SHARE:.0%} of an initialisation's time for restoring a snapshot.",
        after=replace(
            profile, snap_start=True, init=_restored(profile.init), versions=(*profile.versions, _published(profile))
        ),
    )


def _restored(init: InitUse) -> InitUse:
    """Return the use with a restored snapshot in place of each cold start."""
    starts = init.restores + init.cold_starts
    restored_ms = init.restores * init.restore_ms + init.cold_starts * init.init_ms * RESTORED_SHARE
    return replace(init, cold_starts=0, init_ms=0.0, restores=starts, restore_ms=restored_ms / starts)


def _published(profile: FunctionProfile) -> Version:
    return Version(
        number=changes.NEW_VERSION,
        published=profile.window.end,
        memory_mb=profile.memory_mb,
        code_bytes=profile.code_bytes or 0,
        snap_start=True,
        runtime=profile.runtime,
    )


RULE = Rule(
    name="snapstart",
    title="Cold starts without snapshots",
    propose=propose,
    monetary=True,
    by_duration=True,
    updates_function=True,
)
