"""Finds functions with more `/tmp` than the 512 MB that are free."""

from __future__ import annotations

from dataclasses import replace

from agent.analyst.analysis.cost import FREE_EPHEMERAL_STORAGE_MB
from agent.analyst.analysis.finding import Answer, Level, Proposal, Rule
from agent.analyst.analysis.profile import FunctionProfile
from agent.analyst.rules import changes, missing


def propose(profile: FunctionProfile) -> Answer:
    """Propose the free size. Lambda does not report how full `/tmp` gets, so confidence is low."""
    if profile.ephemeral_storage_mb <= FREE_EPHEMERAL_STORAGE_MB:
        return None
    if profile.usage is None:
        return missing.USAGE
    if not profile.usage.invocations:
        return None
    return Proposal(
        title=f"{profile.ephemeral_storage_mb:,} MB of /tmp ({FREE_EPHEMERAL_STORAGE_MB} MB are free)",
        evidence={
            "Ephemeral storage": f"{profile.ephemeral_storage_mb:,} MB",
            "How full it gets": "not reported by Lambda",
        },
        change=changes.of_function(
            profile,
            summary=f"Ephemeral storage {profile.ephemeral_storage_mb:,} → {FREE_EPHEMERAL_STORAGE_MB} MB",
            options=f"--ephemeral-storage Size={FREE_EPHEMERAL_STORAGE_MB}",
            undo=f"--ephemeral-storage Size={profile.ephemeral_storage_mb}",
            pulumi=f"aws.lambda_.Function.ephemeral_storage.size = {FREE_EPHEMERAL_STORAGE_MB}",
        ),
        confidence=Level.LOW,
        risk=Level.MEDIUM,
        risk_reason="A run that fills /tmp fails: measure its use (Lambda Insights, or shutil.disk_usage) first.",
        assumption=f"A run needs no more than {FREE_EPHEMERAL_STORAGE_MB} MB of /tmp.",
        effort=Level.MEDIUM,
        after=replace(profile, ephemeral_storage_mb=FREE_EPHEMERAL_STORAGE_MB),
    )


RULE = Rule(
    name="ephemeral-storage",
    title="Excessive ephemeral storage",
    propose=propose,
    monetary=True,
    by_duration=True,
    updates_function=True,
)
