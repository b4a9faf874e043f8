"""The tables: cost by owner, cost by function, limits of regions, and gaps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from agent.analyst.analysis.combine import FunctionAssessment
from agent.analyst.report.document import RULE_TITLES, Report, percent, usd
from agent.analyst.report.gaps import MAX_NAMED, NO_GAPS, NOT_JUDGED, UndecidedFunctions, affected, undecided
from agent.analyst.report.outline import headings
from agent.analyst.report.outline.blocks import Block, Kind, Paragraph, Section, Table
from agent.analyst.report.owners import Owner, owners
from agent.analyst.report.text import Name, Text

# A report shows a part of a long table; findings.json contains all of it.
MAX_ROWS = 50


def cost_by_owner(report: Report) -> Iterable[Section]:
    """Yield the cost of each owner; nothing if no tag was chosen that names owners."""
    tag = report.assessment.facts.group_by_tag
    if tag and report.assessment.functions:
        found = owners(report.assessment)
        table = Table(
            columns=headings.columns(
                f"Owner (tag {tag})",
                "Begin with",
                figures=["Functions", headings.COST, headings.SAVING, headings.OPPORTUNITIES, "Recommendations"],
            ),
            rows=[_owner(one) for one in found[:MAX_ROWS]],
            more=headings.more(len(found) - MAX_ROWS, "findings.json"),
        )
        yield Section(heading=headings.COST_BY_OWNER, blocks=[table, *_without_owner(report)])


def _without_owner(report: Report) -> Iterable[Block]:
    if report.assessment.shared:
        cost = usd(report.assessment.shared_cost)
        yield Paragraph(text=f"Shared log groups cost {cost} a month, and belong to no owner.", kind=Kind.NOTE)


def _owner(one: Owner) -> Sequence[Text]:
    return (
        headings.owner(one.name),
        (Name(one.first.function), f": {one.first.proposal.change.summary}") if one.first else headings.NONE,
        f"{one.functions:,}",
        usd(one.cost),
        headings.saving(one.saving),
        f"{one.opportunities:,}",
        f"{one.recommendations:,}",
    )


def cost_by_function(report: Report) -> Iterable[Section]:
    """Yield the functions with their usage and cost; nothing if there are none."""
    functions = report.assessment.functions
    if functions:
        grouped, many = bool(report.assessment.facts.group_by_tag), len(report.assessment.facts.regions) > 1
        table = Table(
            columns=headings.columns(
                *("Function", *(["Owner"] if grouped else []), *(["Region"] if many else []), "Runtime"),
                figures=["Memory", "Invocations a month", "Failed", "Average run", headings.COST, headings.SAVING],
            ),
            rows=[_function(function, grouped=grouped, many=many) for function in functions[:MAX_ROWS]],
            more=headings.more(len(functions) - MAX_ROWS, "findings.json"),
        )
        yield Section(heading=headings.COST_BY_FUNCTION, blocks=[table, *_shared_logs(report)])


def _shared_logs(report: Report) -> Iterable[Block]:
    """Yield the log groups whose cost belongs to no single function; nothing if there are none."""
    shared = report.assessment.shared
    if shared:
        yield Table(
            columns=headings.columns("Shared log group", "Region", figures=["Functions", headings.COST]),
            rows=[
                (Name(one.logs.group.name), one.logs.region, f"{len(one.logs.functions):,}", usd(one.cost))
                for one in shared[:MAX_ROWS]
            ],
            more=headings.more(len(shared) - MAX_ROWS, "findings.json"),
        )


def _function(function: FunctionAssessment, *, grouped: bool, many: bool) -> Sequence[Text]:
    profile = function.profile
    return (
        Name(profile.name),
        *((headings.owner(profile.owner),) if grouped else ()),
        *((profile.region,) if many else ()),
        f"{profile.runtime or 'image'}, {profile.architecture.value}",
        f"{profile.memory_mb:,} MB",
        *_usage(function),
        usd(function.cost),
        headings.saving(function.saving),
    )


def _usage(function: FunctionAssessment) -> Sequence[str]:
    usage = function.profile.usage
    if usage is None:
        return "not known", headings.NONE, headings.NONE
    invocations = f"{usage.invocations * function.profile.window.per_month:,.0f}"
    if not usage.invocations:
        return invocations, headings.NONE, headings.NONE
    return invocations, percent(Decimal(usage.errors), Decimal(usage.invocations)), f"{usage.average_ms:,.0f} ms"


def gaps(report: Report) -> Section:
    """Return what could not be read, and what the rules could not judge."""
    return Section(heading=headings.GAPS, blocks=list(_gaps(report)))


def _gaps(report: Report) -> Iterable[Block]:
    found, not_judged = report.assessment.facts.gaps, undecided(report.assessment)
    if not found and not not_judged:
        yield Paragraph(text=NO_GAPS, kind=Kind.NOTE)
    if found:
        yield Paragraph(text="Missing data is not estimated: there may be more findings than this report shows.")
        yield Table(
            columns=headings.columns("Source", "Region", "Functions", "Reason", "Effect"),
            rows=[(Name(gap.source), gap.region, affected(gap), gap.reason, gap.effect) for gap in found[:MAX_ROWS]],
            more=headings.more(len(found) - MAX_ROWS, "findings.json"),
        )
    if not_judged:
        yield Paragraph(text=NOT_JUDGED)
        yield Table(
            columns=headings.columns("Not judged", "Reason", "Examples", figures=["Functions"]),
            rows=[_undecided(one) for one in not_judged],
        )


def _undecided(one: UndecidedFunctions) -> Sequence[Text]:
    names: list[str | Name] = []
    for name in one.functions[:MAX_NAMED]:
        names += [", ", Name(name)] if names else [Name(name)]
    return RULE_TITLES[one.rule], one.reason, tuple(names), f"{len(one.functions):,}"
