"""Summaries that tools return to the model: bounded for any account, with figures formatted as in the report."""

from __future__ import annotations

import collections
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from agent.analyst.analysis.combine import FunctionAssessment
from agent.analyst.analysis.estate import Assessment, Facts
from agent.analyst.analysis.finding import Category, Finding
from agent.analyst.analysis.profile import FunctionProfile
from agent.analyst.narrative.narrative import ToolResults
from agent.analyst.report.document import RULE_TITLES, percent, usd
from agent.analyst.report.gaps import undecided

MAX_LISTED = 25


def functions(facts: Facts) -> dict[str, Any]:
    """Summarise the functions that were found."""
    profiles = facts.profiles
    return {
        "functions": len(profiles),
        "regions": _counts(profile.region for profile in profiles),
        "runtimes": _counts(profile.runtime or "container image" for profile in profiles),
        "architectures": _counts(profile.architecture.value for profile in profiles),
        "most_memory": [
            {"function": profile.name, "memory_mb": profile.memory_mb}
            for profile in sorted(profiles, key=lambda profile: (-profile.memory_mb, profile.key))[:MAX_LISTED]
        ],
        "gaps": _gaps(facts),
    }


def usage(assessment: Assessment) -> dict[str, Any]:
    """Summarise the usage and the cost of the account."""
    ran = [function for function in assessment.functions if _invocations(function.profile)]
    return {
        "window_days": round(assessment.facts.window.days),
        "monthly_cost": usd(assessment.cost),
        "functions_that_ran": len(ran),
        "functions_that_did_not_run": len(assessment.functions) - len(ran),
        "most_expensive": [_use(function, assessment) for function in assessment.functions[:MAX_LISTED]],
        "gaps": _gaps(assessment.facts),
    }


def savings(assessment: Assessment) -> dict[str, Any]:
    """Summarise the findings of the account."""
    opportunities = assessment.findings_of(Category.OPPORTUNITY)
    minor = assessment.findings_of(Category.MINOR)
    advice = assessment.findings_of(Category.ADVICE)
    return {
        "functions": len(assessment.functions),
        **_totals(assessment),
        "findings_by_rule": dict(collections.Counter(finding.rule for finding in assessment.findings)),
        "opportunities_found": len(opportunities),
        "functions_with_opportunities": len({(finding.region, finding.function) for finding in opportunities}),
        "opportunities": [_finding(finding) for finding in opportunities[:MAX_LISTED]],
        "opportunities_not_listed": max(0, len(opportunities) - MAX_LISTED),
        "minor_findings": len(minor),
        "advice_found": len(advice),
        "advice": [
            {"id": finding.identifier, "function": finding.function, "issue": finding.proposal.title}
            for finding in advice[:MAX_LISTED]
        ],
        "advice_not_listed": max(0, len(advice) - MAX_LISTED),
        "functions_with_advice": len({(finding.region, finding.function) for finding in advice}),
        "not_judged": [
            {"issue": RULE_TITLES[one.rule], "functions_not_judged": len(one.functions), "reason": one.reason}
            for one in undecided(assessment)[:MAX_LISTED]
        ],
        "gaps": _gaps(assessment.facts),
    }


def inspection(functions: Sequence[FunctionAssessment], assessment: Assessment) -> dict[str, Any]:
    """Return everything that is known about a few functions, with the account's totals."""
    return {
        # Reading their memory use may have added findings, so totals that were returned before may be out of date.
        "account": _totals(assessment),
        "functions": [_details(function, assessment) for function in functions],
    }


def tool_results(assessment: Assessment, inspected: Collection[str]) -> ToolResults:
    """Return everything that tools return about an assessment, to check a narrative against it.

    Args:
        assessment: The assessment that the report is made from.
        inspected: Names of the functions that were inspected.
    """
    details: dict[str, list[Any]] = {}
    for function in assessment.functions:
        proposals = [finding.proposal for finding in function.findings]
        details.setdefault(function.profile.name, []).append(
            {
                "functions": [_details(function, assessment)],
                "commands": [text for proposal in proposals for text in (proposal.change.cli, proposal.change.pulumi)],
            }
        )
    inspected_functions = [function for function in assessment.functions if function.profile.name in inspected]
    return ToolResults(
        account=[
            functions(assessment.facts),
            usage(assessment),
            savings(assessment),
            inspection(inspected_functions, assessment),
        ],
        functions=details,
    )


def _totals(assessment: Assessment) -> dict[str, Any]:
    return {
        "monthly_cost": usd(assessment.cost),
        "monthly_saving": usd(assessment.saving),
        "saving_share": percent(assessment.saving, assessment.cost),
        "monthly_cost_after_all_changes": usd(assessment.cost - assessment.saving),
        "saving_by_rule": [
            {
                "rule": rule,
                "issue": RULE_TITLES[rule],
                "monthly_saving": usd(saving),
                "share_of_saving": percent(saving, assessment.saving),
                "opportunities": sum(finding.rule == rule for finding in assessment.findings_of(Category.OPPORTUNITY)),
            }
            for rule, saving in assessment.saving_by_rule.items()
        ],
    }


def _details(function: FunctionAssessment, assessment: Assessment) -> dict[str, Any]:
    profile = function.profile
    return {
        **_use(function, assessment),
        "monthly_saving": usd(function.saving),
        "share_saved": percent(function.saving, function.cost),
        "region": profile.region,
        "runtime": profile.runtime or "container image",
        "architecture": profile.architecture.value,
        "ephemeral_storage_mb": profile.ephemeral_storage_mb,
        "timeout_seconds": profile.timeout_seconds,
        "known_since": profile.known_since.date().isoformat(),
        "highest_memory_used_mb": profile.memory.peak_mb if profile.memory else None,
        "undecided": [f"{RULE_TITLES[rule]}: {answer.reason}" for rule, answer in function.undecided.items()],
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
        "issue": finding.proposal.title,
        "change": finding.proposal.change.summary,
        "monthly_saving": usd(finding.saving),
        "confidence": finding.proposal.confidence.value,
        "risk": finding.proposal.risk.value,
    }


def _invocations(profile: FunctionProfile) -> int:
    return profile.usage.invocations if profile.usage else 0


def _counts(values: Iterable[str]) -> dict[str, int]:
    return dict(collections.Counter(values).most_common(MAX_LISTED))


def _gaps(facts: Facts) -> list[dict[str, str]]:
    return [
        {"source": gap.source, "region": gap.region, "reason": gap.reason, "effect": gap.effect}
        for gap in facts.gaps[:MAX_LISTED]
    ]
