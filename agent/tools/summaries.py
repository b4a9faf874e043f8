"""What the model is told: bounded, whatever the account's size, and with every figure as the report will write it."""

from __future__ import annotations

import collections
from collections.abc import Iterable, Sequence
from typing import Any

from agent.analysis.combine import FunctionAssessment
from agent.analysis.estate import Assessment, Facts
from agent.analysis.finding import Finding, Standing
from agent.analysis.profile import FunctionProfile
from agent.report.document import RULE_TITLES, percent, usd

MOST_LISTED = 25


def functions(facts: Facts) -> dict[str, Any]:
    """What has been discovered."""
    profiles = facts.profiles
    return {
        "functions": len(profiles),
        "regions": _counts(profile.region for profile in profiles),
        "runtimes": _counts(profile.runtime or "container image" for profile in profiles),
        "architectures": _counts(profile.architecture.value for profile in profiles),
        "most_memory": [
            {"function": profile.name, "memory_mb": profile.memory_mb}
            for profile in sorted(profiles, key=lambda profile: (-profile.memory_mb, profile.key))[:MOST_LISTED]
        ],
        "gaps": _gaps(facts),
    }


def usage(assessment: Assessment) -> dict[str, Any]:
    """How it is used, and what it costs."""
    ran = [function for function in assessment.functions if _invocations(function.profile)]
    return {
        "window_days": round(assessment.facts.window.days),
        "monthly_cost": usd(assessment.cost),
        "functions_that_ran": len(ran),
        "functions_that_did_not_run": len(assessment.functions) - len(ran),
        "dearest": [_use(function, assessment) for function in assessment.functions[:MOST_LISTED]],
        "gaps": _gaps(assessment.facts),
    }


def savings(assessment: Assessment) -> dict[str, Any]:
    """What the rules have found."""
    sold = assessment.standing(Standing.OPPORTUNITY)
    minor = assessment.standing(Standing.MINOR)
    advice = assessment.standing(Standing.ADVICE)
    return {
        "functions": len(assessment.functions),
        "monthly_cost": usd(assessment.cost),
        "monthly_saving": usd(assessment.saving),
        "saving_share": percent(assessment.saving, assessment.cost),
        "saving_by_rule": [
            {
                "rule": rule,
                "matter": RULE_TITLES[rule],
                "monthly_saving": usd(saving),
                "share_of_saving": percent(saving, assessment.saving),
                "findings": sum(finding.rule == rule for finding in sold),
            }
            for rule, saving in assessment.saving_by_rule.items()
        ],
        "opportunities_found": len(sold),
        "functions_with_opportunities": len({(finding.region, finding.function) for finding in sold}),
        "opportunities": [_finding(finding) for finding in sold[:MOST_LISTED]],
        "opportunities_not_listed": max(0, len(sold) - MOST_LISTED),
        "minor_findings": len(minor),
        "advice_found": len(advice),
        "advice": [
            {"id": finding.identifier, "function": finding.function, "matter": finding.proposal.title}
            for finding in advice[:MOST_LISTED]
        ],
        "advice_not_listed": max(0, len(advice) - MOST_LISTED),
        "gaps": _gaps(assessment.facts),
    }


def inspection(functions: Sequence[FunctionAssessment], assessment: Assessment) -> dict[str, Any]:
    """All that is known of a few functions."""
    return {
        # Reading their memory use may have added findings: what was said of the account before is out of date then.
        "account": {
            "monthly_cost": usd(assessment.cost),
            "monthly_saving": usd(assessment.saving),
            "saving_share": percent(assessment.saving, assessment.cost),
        },
        "functions": [
            {
                **_use(function, assessment),
                "monthly_saving": usd(function.saving),
                "region": function.profile.region,
                "runtime": function.profile.runtime or "container image",
                "architecture": function.profile.architecture.value,
                "ephemeral_storage_mb": function.profile.ephemeral_storage_mb,
                "timeout_seconds": function.profile.timeout_seconds,
                "known_since": function.profile.known_since.date().isoformat(),
                "highest_memory_used_mb": function.profile.memory.peak_mb if function.profile.memory else None,
                "undecided_rules": list(function.undecided),
                "findings": [
                    {
                        **_finding(finding),
                        "evidence": dict(finding.proposal.evidence),
                        "formula": finding.formula,
                        "assumption": finding.proposal.assumption,
                        "risk_reason": finding.proposal.risk_reason,
                    }
                    for finding in function.findings
                ],
            }
            for function in functions
        ],
    }


def everything(assessment: Assessment) -> list[dict[str, Any]]:
    """All that these documents may ever say of an assessment."""
    return [
        functions(assessment.facts),
        usage(assessment),
        savings(assessment),
        inspection(assessment.functions, assessment),
    ]


def _use(function: FunctionAssessment, assessment: Assessment) -> dict[str, Any]:
    profile = function.profile
    known = {
        "function": profile.name,
        "monthly_cost": usd(function.cost),
        "share_of_cost": percent(function.cost, assessment.cost),
        "memory_mb": profile.memory_mb,
    }
    if profile.usage is None:
        return {**known, "usage": "could not be read"}
    return {
        **known,
        "invocations": profile.usage.invocations,
        "errors": profile.usage.errors,
        "throttles": profile.usage.throttles,
        "average_ms": round(profile.usage.average_ms),
        "p99_ms": None if profile.usage.p99_ms is None else round(profile.usage.p99_ms),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.identifier,
        "function": finding.function,
        "matter": finding.proposal.title,
        "change": finding.proposal.change.summary,
        "monthly_saving": usd(finding.saving),
        "confidence": finding.proposal.confidence.value,
        "risk": finding.proposal.risk.value,
    }


def _invocations(profile: FunctionProfile) -> int:
    return profile.usage.invocations if profile.usage else 0


def _counts(values: Iterable[str]) -> dict[str, int]:
    return dict(collections.Counter(values).most_common(MOST_LISTED))


def _gaps(facts: Facts) -> list[dict[str, str]]:
    return [
        {"source": gap.source, "region": gap.region, "reason": gap.reason, "effect": gap.effect}
        for gap in facts.gaps[:MOST_LISTED]
    ]
