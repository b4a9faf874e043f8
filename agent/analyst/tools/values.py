"""The values of one function and of one finding, as the tools return them."""

from __future__ import annotations

import re
from typing import Any

from agent.analyst.analysis.combine import FunctionAssessment
from agent.analyst.analysis.estate import Assessment
from agent.analyst.analysis.finding import Finding
from agent.analyst.analysis.profile import FunctionProfile
from agent.analyst.report.document import percent, usd


def details(function: FunctionAssessment, assessment: Assessment) -> dict[str, Any]:
    """Return everything that is known about a function, without its findings."""
    profile = function.profile
    return {
        **use(function, assessment),
        "saving": usd(function.saving),
        "saving-share": percent(function.saving, function.cost),
        "region": profile.region,
        **({"owner": profile.owner} if profile.owner else {}),
        "runtime": runtime(profile),
        "architecture": profile.architecture.value,
        "storage": mb(profile.ephemeral_storage_mb),
        "timeout": f"{profile.timeout_seconds:,} s",
        "known-since": profile.known_since.date().isoformat(),
        "memory-used": mb(profile.memory.peak_mb) if profile.memory else None,
        "undecided": [f"{rule}: {answer.reason}" for rule, answer in function.undecided.items()],
    }


def evidence(found: Finding) -> dict[str, Any]:
    """Return a finding with its evidence and its formula."""
    return {
        **finding(found),
        **{_slug(label): value for label, value in found.proposal.evidence.items()},
        "formula": found.formula,
        "assumption": found.proposal.assumption,
        "risk-reason": found.proposal.risk_reason,
    }


def use(function: FunctionAssessment, assessment: Assessment) -> dict[str, Any]:
    """Return what a function costs and how it is used."""
    profile = function.profile
    memory = {"memory": mb(profile.memory_mb)}
    if profile.usage is None:
        return {**memory, "usage": "could not be read, so its cost is not known"}
    return {
        "cost": usd(function.cost),
        "cost-share": percent(function.cost, assessment.cost),
        **memory,
        "calls": profile.usage.invocations,
        "errors": profile.usage.errors,
        "throttles": profile.usage.throttles,
        "average": _ms(profile.usage.average_ms),
        "p99": None if profile.usage.p99_ms is None else _ms(profile.usage.p99_ms),
    }


def finding(found: Finding) -> dict[str, Any]:
    """Return a finding as a list of findings shows it."""
    return {
        "issue": found.proposal.title,
        "change": found.proposal.change.summary,
        "saving": usd(found.saving),
        "confidence": found.proposal.confidence.value,
        "risk": found.proposal.risk.value,
    }


def runtime(profile: FunctionProfile) -> str:
    """Return the name of a function's runtime in keys."""
    return profile.runtime or "container-image"


def mb(size: int) -> str:
    """Format a size."""
    return f"{size:,} MB"


def _slug(label: str) -> str:
    """Return a label as a part of a key: `Highest memory used` becomes `highest-memory-used`."""
    return re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")


def _ms(duration: float) -> str:
    return f"{duration:,.0f} ms"
