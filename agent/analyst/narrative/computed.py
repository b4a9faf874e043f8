"""Computes a report's text from the figures, for a run whose model wrote none."""

from __future__ import annotations

from collections.abc import Sequence

from agent.analyst.analysis.estate import Assessment
from agent.analyst.analysis.finding import Category
from agent.analyst.narrative.values import quoted
from agent.analyst.report.document import COMPUTED, RULE_TITLES, Narrative, percent, usd
from agent.analyst.report.owners import owners

_MAX_OWNERS = 5


def computed(assessment: Assessment) -> Narrative:
    """Compute the narrative."""
    opportunities = assessment.findings_of(Category.OPPORTUNITY)
    functions = len(assessment.functions)
    verb = "costs" if functions == 1 else "cost"
    shared = f", {usd(assessment.shared_cost)} of it for shared log groups" if assessment.shared else ""
    sentences = [
        f"{_counted(functions, 'Lambda function')} {verb} {usd(assessment.cost)} a month at list prices{shared}."
    ]
    if opportunities:
        share = percent(assessment.saving, assessment.cost)
        largest, issue = opportunities[0], RULE_TITLES[opportunities[0].rule].lower()
        sentences += [
            f"{_counted(len(opportunities), 'change')} would save {usd(assessment.saving)} of it ({share}).",
            f"The largest is on {largest.function} ({issue}): {usd(largest.saving)} a month.",
        ]
    else:
        sentences.append("No change would save a notable amount.")
    sentences += _by_owner(assessment)
    if assessment.facts.gaps:
        sentences.append("Not everything could be read: see the gaps.")
    return Narrative(summary=" ".join(sentences), author=COMPUTED)


def _by_owner(assessment: Assessment) -> Sequence[str]:
    """Write whose cost it is: the most expensive owners, and the functions without one."""
    if not assessment.facts.group_by_tag:
        return []
    found = owners(assessment)
    listed = [
        *[one for one in found if one.name is not None][:_MAX_OWNERS],
        *(one for one in found if one.name is None),
    ]
    return [
        f"{'Functions without an owner' if one.name is None else f'Owner {quoted(one.name)}'}: "
        f"{usd(one.cost)} a month, of which {_counted(one.opportunities, 'change')} would save {usd(one.saving)}; "
        f"{_counted(one.recommendations, 'recommendation')}."
        for one in listed
    ]


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
