"""Compares a report with the one before it."""

from __future__ import annotations

from decimal import Decimal

from agent.analyst.analysis.estate import Assessment
from agent.analyst.analysis.finding import Finding
from agent.analyst.analysis.thresholds import MIN_OPPORTUNITY_USD
from agent.analyst.report.document import RULE_TITLES, Changes, NotJudged
from agent.analyst.report.gaps import superseded
from agent.analyst.report.predecessor import EarlierFinding, Predecessor

# A saving that has grown by less than a tenth, or by less than an opportunity, is noise.
_GROWTH = Decimal("1.10")

_LISTING = "lambda:ListFunctions"


def since(previous: Predecessor, assessment: Assessment) -> Changes:
    """Compare an assessment with an earlier report.

    A finding is resolved only if its rule could judge the function and found nothing, or if the function is gone. A
    finding that could not be judged is carried from report to report until it can be.
    """
    before = _carried(previous, assessment) | _found(previous)
    now = {finding.identifier: finding for finding in assessment.findings}
    resolved: dict[str, str] = {}
    not_judged: list[NotJudged] = []
    for identifier, earlier in before.items():
        if identifier in now:
            continue
        reason = _why_not_judged(identifier, assessment)
        if reason is None:
            resolved[identifier] = earlier.title
        else:
            not_judged.append(
                NotJudged(identifier=identifier, title=earlier.title, saving=earlier.monthly_saving_usd, reason=reason)
            )
    # If an earlier change of the function is missing, a finding saves more: that is not growth.
    incomparable = {_where(one.identifier) for one in not_judged}
    return Changes(
        since=previous.made_at,
        new=tuple(identifier for identifier in now if identifier not in before),
        resolved=resolved,
        regressed=tuple(
            identifier
            for identifier, finding in now.items()
            if identifier in before
            and _where(identifier) not in incomparable
            and _has_grown(before[identifier], finding)
        ),
        not_judged=tuple(not_judged),
    )


def _found(previous: Predecessor) -> dict[str, EarlierFinding]:
    return {finding.id: finding for finding in previous.findings}


def _carried(previous: Predecessor, assessment: Assessment) -> dict[str, EarlierFinding]:
    """Return what the last report could not judge either, if its rule and region are still analysed."""
    return {
        one.id: one
        for one in (previous.changes.not_judged if previous.changes else ())
        if _rule(one.id) in RULE_TITLES and _where(one.id).partition("/")[0] in assessment.facts.regions
    }


def _has_grown(before: EarlierFinding, now: Finding) -> bool:
    return (
        now.saving > before.monthly_saving_usd * _GROWTH
        and now.saving - before.monthly_saving_usd >= MIN_OPPORTUNITY_USD
    )


def _why_not_judged(identifier: str, assessment: Assessment) -> str | None:
    rule, where = _rule(identifier), _where(identifier)
    region = where.partition("/")[0]
    if rule not in RULE_TITLES:
        return "its rule no longer exists"
    if region not in assessment.facts.regions:
        return f"{region} was not analysed"
    function = next((function for function in assessment.functions if function.profile.key == where), None)
    if function is None:
        refused = any(gap.source == _LISTING and gap.region == region for gap in assessment.facts.gaps)
        return f"not all functions of {region} could be listed" if refused else None
    if superseded(rule, function):
        return "another finding proposes to delete the function"
    answer = function.undecided.get(rule)
    return answer.reason if answer else None


def _rule(identifier: str) -> str:
    return identifier.partition(":")[0]


def _where(identifier: str) -> str:
    """Return the part `region/name`, which is the key of the function's profile."""
    return identifier.partition(":")[2]
