"""Charts of costs and savings."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from agent.analyst.analysis.combine import FunctionAssessment
from agent.analyst.analysis.finding import Category
from agent.analyst.report.document import RULE_TITLES, Report, usd
from agent.analyst.report.outline import headings
from agent.analyst.report.outline.chart_blocks import Bar, Chart, Part, Segment
from agent.analyst.report.text import Name, Text

MAX_FUNCTIONS = 12
MAX_STEPS = 10


def all_of(report: Report) -> Iterable[Chart]:
    """Yield the charts that a report has figures for."""
    yield _spend_by_function(report)
    if report.assessment.findings_of(Category.OPPORTUNITY):
        yield _cost_after_each_change(report)
        yield _savings_by_rule(report)


def _spend_by_function(report: Report) -> Chart:
    functions = report.assessment.functions[:MAX_FUNCTIONS]
    longest = max((function.cost for function in functions), default=Decimal(0))
    return Chart(
        title="Cost by function, and the part that can be saved",
        subject="Function",
        figures=(headings.COST, headings.SAVING),
        bars=[_spent(function, longest) for function in functions],
        legend=((Part.SPEND, "remains"), (Part.SAVING, "can be saved")),
        is_wide=True,
    )


def _spent(function: FunctionAssessment, longest: Decimal) -> Bar:
    remains = _share(function.cost - function.saving, longest)
    return Bar(
        label=Name(function.profile.name),
        segments=(
            Segment(start=Decimal(0), share=remains, part=Part.SPEND),
            Segment(start=remains, share=_share(function.saving, longest), part=Part.SAVING),
        ),
        amounts=(usd(function.cost), usd(function.saving) if function.saving else headings.NONE),
    )


def _savings_by_rule(report: Report) -> Chart:
    savings = report.assessment.saving_by_rule
    longest = max(savings.values(), default=Decimal(0))
    return Chart(
        title="Savings by issue",
        subject="Issue",
        figures=(headings.SAVING,),
        bars=[
            Bar(
                label=RULE_TITLES[rule],
                segments=(Segment(start=Decimal(0), share=_share(saving, longest), part=Part.SAVING),),
                amounts=(usd(saving),),
            )
            for rule, saving in savings.items()
        ],
    )


def _cost_after_each_change(report: Report) -> Chart:
    opportunities = report.assessment.findings_of(Category.OPPORTUNITY)
    cost = left = report.assessment.cost
    bars = [_total("Today", cost, cost)]
    for finding in opportunities[:MAX_STEPS]:
        left -= finding.saving
        bars.append(_step(Name(finding.function), RULE_TITLES[finding.rule], finding.saving, left, cost))
    rest = sum((finding.saving for finding in opportunities[MAX_STEPS:]), Decimal(0))
    if rest:
        left -= rest
        bars.append(_step(f"{len(opportunities) - MAX_STEPS} more", "", rest, left, cost))
    return Chart(
        title="Cost after each change",
        subject="Change",
        figures=("Saving", "Cost after it"),
        bars=[*bars, _total("After all changes", left, cost)],
    )


def _step(label: Text, issue: str, saving: Decimal, left: Decimal, cost: Decimal) -> Bar:
    return Bar(
        label=label,
        note=issue,
        segments=(Segment(start=_share(left, cost), share=_share(saving, cost), part=Part.SAVING),),
        amounts=(f"\N{MINUS SIGN}{usd(saving)}", usd(left)),
    )


def _total(label: str, amount: Decimal, cost: Decimal) -> Bar:
    segment = Segment(start=Decimal(0), share=_share(amount, cost), part=Part.SPEND)
    return Bar(label=label, segments=(segment,), amounts=("", usd(amount)), is_total=True)


def _share(part: Decimal, whole: Decimal) -> Decimal:
    return part / whole if whole else Decimal(0)
