"""Finds functions whose extensions go on after the run, which AWS bills as duration."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from agent.analyst.analysis.finding import Answer, Change, Level, Proposal, Rule, Undecided
from agent.analyst.analysis.profile import FunctionProfile, PackageType
from agent.analyst.rules import missing, rates
from agent.analyst.rules.changes import target

COSTLY_SHARE = 0.1
# About a dollar a month.
MIN_GB_SECONDS = 60_000


def propose(profile: FunctionProfile) -> Answer:
    """Propose to configure or remove the extensions. An extension comes in a layer or in a container image."""
    usage = profile.usage
    if not profile.layers and profile.package_type is PackageType.ZIP:
        return None
    if usage is None:
        return missing.USAGE
    if not usage.invocations:
        return None
    if usage.extensions_ms is None:
        return Undecided(reason="the time of its extensions could not be read", missing="usage.extensions_ms")
    seconds = Decimal(str(usage.extensions_ms)) / 1_000 * profile.window.per_month
    if usage.extensions_ms < COSTLY_SHARE * usage.duration_ms:
        return None
    if seconds * profile.memory_mb / 1_024 < MIN_GB_SECONDS:
        return None
    without = max(0.0, usage.duration_ms - usage.extensions_ms)
    return Proposal(
        title=f"Its extensions go on for {usage.extensions_ms / usage.invocations:,.0f} ms after each run",
        evidence={
            "Time of extensions after the runs": rates.a_month(profile, usage.extensions_ms / 1_000, "s"),
            "Duration of all runs": rates.a_month(profile, usage.duration_ms / 1_000, "s"),
            "Layers": ", ".join(profile.layers) or "none (container image)",
        },
        change=Change(
            summary="Let the extensions send their data less often or in the background, or remove them",
            cli=f"aws lambda get-function-configuration {target(profile)} --query '[Layers, Environment.Variables]'",
            undo="# The command only reads.",
            pulumi="aws.lambda_.Function.layers, and the extensions' environment variables",
        ),
        confidence=Level.MEDIUM,
        risk=Level.LOW,
        risk_reason="An extension may be needed for monitoring or security: ask its owner.",
        effort=Level.MEDIUM,
        assumption="CloudWatch's Duration contains the time of extensions, as AWS bills it.",
        without_waste=replace(profile, usage=replace(usage, duration_ms=without)),
        after=profile,
    )


RULE = Rule(name="extensions", title="Extensions that go on after the run", propose=propose, by_duration=True)
