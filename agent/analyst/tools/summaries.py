"""Summaries that tools return to the model: bounded for any account, with figures formatted as in the report.

The path of a value is its key (`narrative/keys.py`), with which the model's text names it. So the same value has the
same path in every summary.
"""

from __future__ import annotations

import collections
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from agent.analyst.analysis.combine import FunctionAssessment
from agent.analyst.analysis.estate import Assessment, Facts
from agent.analyst.analysis.finding import Category, Finding
from agent.analyst.narrative import keys
from agent.analyst.narrative.keys import ACCOUNT, OWNERS, Figures
from agent.analyst.report.document import RULE_TITLES, percent, usd
from agent.analyst.report.gaps import undecided
from agent.analyst.report.owners import owners
from agent.analyst.tools import values

MAX_LISTED = 25


def functions(facts: Facts) -> dict[str, Any]:
    """Summarise the functions that were found."""
    profiles = facts.profiles
    handles = keys.handles(profiles)
    largest = sorted(profiles, key=lambda profile: (-profile.memory_mb, profile.key))
    return {
        ACCOUNT: {
            "functions": len(profiles),
            **_counts(profile.region for profile in profiles),
            **_counts(values.runtime(profile) for profile in profiles),
            **_counts(profile.architecture.value for profile in profiles),
        },
        **{handles[profile.key]: {"memory": values.mb(profile.memory_mb)} for profile in largest[:MAX_LISTED]},
        "gaps": _gaps(facts),
    }


def usage(assessment: Assessment) -> dict[str, Any]:
    """Summarise the usage and the cost of the account."""
    handles = _handles(assessment)
    ran = sum(bool(profile.usage and profile.usage.invocations) for profile in assessment.facts.profiles)
    return {
        ACCOUNT: {
            "window": f"{assessment.facts.window.days:.0f} days",
            "cost": usd(assessment.cost),
            "functions-that-ran": ran,
            "functions-that-did-not-run": len(assessment.functions) - ran,
        },
        **{
            handles[function.profile.key]: values.use(function, assessment)
            for function in assessment.functions[:MAX_LISTED]
        },
        "gaps": _gaps(assessment.facts),
    }


def savings(assessment: Assessment) -> dict[str, Any]:
    """Summarise the findings of the account: changes that save money, then recommendations that save nothing."""
    handles = _handles(assessment)
    opportunities = assessment.findings_of(Category.OPPORTUNITY)
    advice = assessment.findings_of(Category.ADVICE)
    return {
        ACCOUNT: _totals(assessment),
        **{_path(finding, handles): values.finding(finding) for finding in opportunities[:MAX_LISTED]},
        **{_path(finding, handles): {"issue": finding.proposal.title} for finding in advice[:MAX_LISTED]},
        **_owners(assessment),
        "not_judged": [f"{one.rule}: {one.reason}" for one in undecided(assessment)[:MAX_LISTED]],
        "gaps": _gaps(assessment.facts),
    }


def inspection(functions: Sequence[FunctionAssessment], assessment: Assessment) -> dict[str, Any]:
    """Return everything that is known about a few functions, with the account's totals."""
    handles = _handles(assessment)
    return {
        # Reading their memory use may have added findings, so totals that were returned before may be out of date.
        ACCOUNT: _totals(assessment),
        **{
            path: details
            for function in functions
            for path, details in _inspected(function, assessment, handles[function.profile.key])
        },
    }


def figures(assessment: Assessment) -> Figures:
    """Return all figures that the tools return about an assessment, whichever functions they list."""
    handles = _handles(assessment)
    names = {handles[function.profile.key]: function.profile.name for function in assessment.functions}
    if assessment.facts.group_by_tag:
        tags = [one.name for one in owners(assessment) if one.name is not None]
        names |= {f"{OWNERS}.{keys.owner_handle(tag)}": tag for tag in tags}
    return Figures(
        [
            functions(assessment.facts),
            usage(assessment),
            savings(assessment),
            inspection(assessment.functions, assessment),
        ],
        names,
    )


def finding_ids(assessment: Assessment) -> Mapping[str, str]:
    """Return the identifiers of all findings by their path in the tools' results."""
    handles = _handles(assessment)
    return {_path(finding, handles): finding.identifier for finding in assessment.findings}


def _totals(assessment: Assessment) -> dict[str, Any]:
    opportunities = assessment.findings_of(Category.OPPORTUNITY)
    advice = assessment.findings_of(Category.ADVICE)
    return {
        "functions": len(assessment.functions),
        "cost": usd(assessment.cost),
        "saving": usd(assessment.saving),
        "saving-share": percent(assessment.saving, assessment.cost),
        "remaining": usd(assessment.cost - assessment.saving),
        "changes": len(opportunities),
        "changes-not-listed": max(0, len(opportunities) - MAX_LISTED),
        "functions-to-change": len({finding.arn for finding in opportunities}),
        "minor-savings": len(assessment.findings_of(Category.MINOR)),
        "recommendations": len(advice),
        "recommendations-not-listed": max(0, len(advice) - MAX_LISTED),
        "functions-with-recommendations": len({finding.arn for finding in advice}),
        **_by_rule(assessment),
    }


def _by_rule(assessment: Assessment) -> dict[str, Any]:
    """Return the totals of each rule that has found something or could not judge a function, the largest first."""
    saved = assessment.saving_by_rule
    changes = collections.Counter(finding.rule for finding in assessment.findings_of(Category.OPPORTUNITY))
    found = collections.Counter(finding.rule for finding in assessment.findings)
    not_judged = collections.Counter[str]()
    for one in undecided(assessment):
        not_judged[one.rule] += len(one.functions)
    totals: dict[str, Any] = {}
    for rule in dict.fromkeys((*saved, *RULE_TITLES)):
        counts = {"changes": changes[rule], "findings": found[rule], "not-judged": not_judged[rule]}
        if not any(counts.values()):
            continue
        totals[rule] = {"issue": RULE_TITLES[rule], **{name: count for name, count in counts.items() if count}}
        if rule in saved:
            totals[rule] |= {"saving": usd(saved[rule]), "saving-share": percent(saved[rule], assessment.saving)}
    return totals


def _owners(assessment: Assessment) -> dict[str, Any]:
    """Return whose cost it is, the most expensive first; nothing if functions are not grouped."""
    if not assessment.facts.group_by_tag:
        return {}
    listed = {
        keys.owner_handle(one.name): {
            "functions": one.functions,
            "cost": usd(one.cost),
            "saving": usd(one.saving),
            "changes": one.opportunities,
            "recommendations": one.recommendations,
            "largest-saving": one.first.function if one.first else None,
        }
        for one in owners(assessment)[:MAX_LISTED]
    }
    return {OWNERS: listed}


def _inspected(
    function: FunctionAssessment, assessment: Assessment, handle: str
) -> Iterable[tuple[str, dict[str, Any]]]:
    yield handle, values.details(function, assessment)
    for finding in function.findings:
        yield f"{handle}.{finding.rule}", values.evidence(finding)


def _handles(assessment: Assessment) -> Mapping[str, str]:
    return keys.handles(assessment.facts.profiles)


def _path(finding: Finding, handles: Mapping[str, str]) -> str:
    return f"{handles[f'{finding.region}/{finding.function}']}.{finding.rule}"


def _counts(values: Iterable[str]) -> dict[str, Any]:
    return {value: {"functions": count} for value, count in collections.Counter(values).most_common(MAX_LISTED)}


def _gaps(facts: Facts) -> list[dict[str, str]]:
    return [
        {"source": gap.source, "region": gap.region, "reason": gap.reason, "effect": gap.effect}
        for gap in facts.gaps[:MAX_LISTED]
    ]
