"""findings.json: the report for programs, described by `findings.schema.json`."""

from __future__ import annotations

import json
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from agent.analyst.analysis.combine import FunctionAssessment
from agent.analyst.analysis.estate import SharedCost
from agent.analyst.analysis.facts.account import CapacityProvider
from agent.analyst.analysis.finding import Finding
from agent.analyst.analysis.prices import Supplement
from agent.analyst.analysis.profile import FunctionProfile
from agent.analyst.report import console
from agent.analyst.report.document import MONTHS, Changes, Report
from agent.analyst.report.gaps import judged, undecided
from agent.analyst.report.owners import Owner, owners
from agent.harness.journal.visible_text import visible

SCHEMA_VERSION = 3


def render(report: Report) -> str:
    """Render the report as JSON. Amounts are strings with two decimals (USD per month), so parsers keep them exact."""
    return visible(json.dumps(document(report), indent=2, ensure_ascii=False)) + "\n"


def document(report: Report) -> dict[str, Any]:
    """Return the JSON document as Python values."""
    assessment = report.assessment
    facts = assessment.facts
    return {
        "schema_version": SCHEMA_VERSION,
        "session_id": report.session_id,
        "attempt": report.attempt,
        "made_at": report.made_at.isoformat(timespec="seconds"),
        "account": facts.account,
        "group_by_tag": facts.group_by_tag or None,
        "regions": list(facts.regions),
        "window": {"start": facts.window.start.isoformat(), "end": facts.window.end.isoformat()},
        "prices": [
            {
                "region": region,
                "as_of": table.as_of.isoformat(),
                "source": table.source,
                "borrowed": sorted(table.borrowed),
                "supplement": _supplement(table.supplement),
            }
            for region, table in assessment.tables.items()
        ],
        "totals": {
            "functions": len(assessment.functions),
            "functions_judged": judged(assessment),
            "monthly_cost_usd": _amount(assessment.cost),
            "monthly_saving_usd": _amount(assessment.saving),
            "monthly_saving_usd_range": _range(assessment.bounds),
            "annual_saving_usd": _amount(assessment.saving * MONTHS),
            "monthly_saving_usd_by_rule": {rule: _amount(saving) for rule, saving in assessment.saving_by_rule.items()},
        },
        "summary": report.narrative.summary,
        "words_by": report.narrative.author,
        "prompt_version": report.prompt_version,
        "findings": [entry(one, report.narrative.remarks.get(one.identifier)) for one in assessment.findings],
        "owners": [_owner(owner) for owner in owners(assessment)] if facts.group_by_tag else None,
        "functions": [_function(function) for function in assessment.functions],
        "shared_log_groups": [_shared(one) for one in assessment.shared],
        "limits": [asdict(region) for region in facts.surroundings],
        "capacity_providers": [_provider(provider) for provider in facts.capacity_providers],
        "gaps": [asdict(gap) for gap in facts.gaps],
        "undecided": [
            {"rule": one.rule, "reason": one.reason, "missing": one.missing, "functions": len(one.functions)}
            for one in undecided(assessment)
        ],
        "changes": _changes(report.changes),
    }


def _supplement(supplement: Supplement | None) -> dict[str, Any] | None:
    if supplement is None:
        return None
    return {"as_of": supplement.as_of.isoformat(), "source": supplement.source, "meters": sorted(supplement.meters)}


def entry(finding: Finding, remark: str | None) -> dict[str, Any]:
    """Return a finding as it is in the document."""
    proposal = finding.proposal
    return {
        "id": finding.identifier,
        "rule": finding.rule,
        "function": finding.function,
        "arn": finding.arn,
        "region": finding.region,
        "owner": finding.owner,
        "category": finding.category.value,
        "title": proposal.title,
        "monthly_saving_usd": _amount(finding.saving),
        "monthly_saving_usd_range": _range(finding.bounds) if finding.bounds else None,
        "formula": finding.formula,
        "assumption": proposal.assumption,
        "evidence": dict(proposal.evidence),
        "confidence": proposal.confidence.value,
        "risk": proposal.risk.value,
        "risk_reason": proposal.risk_reason,
        "effort": proposal.effort.value,
        "change": asdict(proposal.change),
        "console": console.function_link(finding.arn),
        "remark": remark,
    }


def _function(function: FunctionAssessment) -> dict[str, Any]:
    profile = function.profile
    return {
        "name": profile.name,
        "region": profile.region,
        "owner": profile.owner,
        "runtime": profile.runtime,
        "architecture": profile.architecture.value,
        "package_type": profile.package_type.value,
        "memory_mb": profile.memory_mb,
        "timeout_seconds": profile.timeout_seconds,
        "ephemeral_storage_mb": profile.ephemeral_storage_mb,
        "reserved_concurrency": profile.reserved_concurrency,
        "provisioned_concurrency": None if profile.provisioned is None else sum(p.units for p in profile.provisioned),
        "known_since": profile.known_since.date().isoformat(),
        **_usage(profile),
        "peak_memory_mb": profile.memory.peak_mb if profile.memory else None,
        "monthly_cost_usd": _amount(function.cost),
        "monthly_saving_usd": _amount(function.saving),
        "undecided_rules": list(function.undecided),
    }


def _owner(owner: Owner) -> dict[str, Any]:
    return {
        "owner": owner.name,
        "functions": owner.functions,
        "monthly_cost_usd": _amount(owner.cost),
        "monthly_saving_usd": _amount(owner.saving),
        "opportunities": owner.opportunities,
        "recommendations": owner.recommendations,
        "largest_saving": owner.first.identifier if owner.first else None,
    }


def _shared(shared: SharedCost) -> dict[str, Any]:
    return {
        "name": shared.logs.group.name,
        "region": shared.logs.region,
        "functions": list(shared.logs.functions),
        "monthly_cost_usd": _amount(shared.cost),
    }


def _provider(provider: CapacityProvider) -> dict[str, Any]:
    lists = {"architectures": list(provider.architectures), "instance_types": list(provider.instance_types)}
    return asdict(provider) | lists


def _usage(profile: FunctionProfile) -> dict[str, Any]:
    usage, per_month = profile.usage, profile.window.per_month
    return {
        "monthly_invocations": round(usage.invocations * per_month) if usage else None,
        "monthly_errors": round(usage.errors * per_month) if usage else None,
        "monthly_throttles": round(usage.throttles * per_month) if usage else None,
        "average_duration_ms": _rounded(usage.average_ms) if usage else None,
        "p95_duration_ms": _rounded(usage.p95_ms) if usage else None,
        "p99_duration_ms": _rounded(usage.p99_ms) if usage else None,
        "peak_concurrency": usage.peak_concurrency if usage else None,
    }


def _rounded(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else round(milliseconds, 1)


def _changes(changes: Changes | None) -> dict[str, Any] | None:
    if changes is None:
        return None
    return {
        "since": changes.since.isoformat(timespec="seconds"),
        "new": list(changes.new),
        "resolved": dict(changes.resolved),
        "regressed": list(changes.regressed),
        "not_judged": [
            {"id": one.identifier, "title": one.title, "monthly_saving_usd": _amount(one.saving), "reason": one.reason}
            for one in changes.not_judged
        ],
    }


def _range(bounds: tuple[Decimal, Decimal]) -> dict[str, str]:
    return dict(zip(("low", "high"), map(_amount, bounds), strict=True))


def _amount(usd: Decimal) -> str:
    return f"{usd:.2f}"
