"""Charts of costs and savings."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from agent.analyst.analysis.combine import FunctionAssessment
from agent.analyst.analysis.finding import Category
from agent.analyst.report.document import RULE_TITLES, Report, usd
from agent.analyst.report.outline import headings
from agent.analyst.report.outline.blocks import Bar, Chart, Charts, Part, Section
from agent.analyst.report.text import Name

MAX_FUNCTIONS = 10


def overview(report: Report) -> Iterable[Section]:
    """Yield the charts of what can be saved; nothing if nothing can be."""
    if report.assessment.saving:
        charts = [_savings_by_issue(report), _most_expensive(report)]
        yield Section(heading=headings.OVERVIEW, blocks=[Charts(charts=charts)])


def _savings_by_issue(report: Report) -> Chart:
    savings = report.assessment.saving_by_rule
    rules = [finding.rule for finding in report.assessment.findings_of(Category.OPPORTUNITY)]
    longest = max(savings.values())
    return Chart(
        title="Saving by issue",
        subject="Issue",
        figures=("Changes", headings.SAVING),
        bars=[
            Bar(
                label=RULE_TITLES[rule],
                parts=((Part.SAVING, saving / longest),),
                amounts=(f"{rules.count(rule):,}", usd(saving)),
            )
            for rule, saving in savings.items()
        ],
    )


def _most_expensive(report: Report) -> Chart:
    functions = report.assessment.functions[:MAX_FUNCTIONS]
    longest = max(function.cost for function in functions)
    return Chart(
        title="The most expensive functions",
        subject="Function",
        figures=(headings.COST, headings.SAVING),
        bars=[_spent(function, longest) for function in functions],
        legend=((Part.SPEND, "remains"), (Part.SAVING, "can be saved")),
    )


def _spent(function: FunctionAssessment, longest: Decimal) -> Bar:
    return Bar(
        label=Name(function.profile.name),
        parts=(
            (Part.SPEND, (function.cost - function.saving) / longest),
            (Part.SAVING, function.saving / longest),
        ),
        amounts=(usd(function.cost), headings.saving(function.saving)),
    )
