"""The tables: cost by owner, cost by function, limits of regions, and gaps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal

from agent.analyst.analysis.combine import FunctionAssessment
from agent.analyst.analysis.facts.account import CapacityProvider, RegionFacts
from agent.analyst.report.document import RULE_TITLES, Report, percent, usd
from agent.analyst.report.gaps import MAX_NAMED, NO_GAPS, NOT_JUDGED, UndecidedFunctions, affected, undecided
from agent.analyst.report.outline import headings
from agent.analyst.report.outline.blocks import Block, Column, Kind, Paragraph, Section, Table
from agent.analyst.report.owners import Owner, owners
from agent.analyst.report.text import Name, Text

# A report shows a part of a long table; findings.json contains all of it.
MAX_ROWS = 100


def cost_by_owner(report: Report) -> Iterable[Section]:
    """Yield the cost of each value of the tag that names an owner; nothing if no tag was chosen."""
    tag = report.assessment.facts.group_by_tag
    if tag and report.assessment.functions:
        found = owners(report.assessment)
        table = Table(
            columns=(
                Column(title=tag),
                *_figures("Functions", headings.COST, headings.SAVING, "Opportunities", "Recommendations"),
                Column(title="Begin with"),
            ),
            rows=[_owner(one) for one in found[:MAX_ROWS]],
            more=headings.more(len(found) - MAX_ROWS, "findings.json"),
        )
        yield Section(heading=headings.cost_by(tag), blocks=[table, *_without_owner(report)])


def _without_owner(report: Report) -> Iterable[Block]:
    if report.assessment.shared:
        cost = usd(report.assessment.shared_cost)
        yield Paragraph(text=f"Shared log groups cost {cost} a month, and belong to no owner.", kind=Kind.NOTE)


def _owner(one: Owner) -> Sequence[Text]:
    return (
        headings.owner(one.name),
        f"{one.functions:,}",
        usd(one.cost),
        _saved(one.saving),
        f"{one.opportunities:,}",
        f"{one.recommendations:,}",
        (Name(one.first.function), f": {one.first.proposal.change.summary}") if one.first else headings.NONE,
    )


def cost_by_function(report: Report) -> Iterable[Section]:
    """Yield the functions with their usage and cost; nothing if there are none."""
    functions = report.assessment.functions
    if functions:
        grouped, many = bool(report.assessment.facts.group_by_tag), len(report.assessment.facts.regions) > 1
        table = Table(
            columns=(
                Column(title="Function"),
                *((Column(title="Owner"),) if grouped else ()),
                *((Column(title="Region"),) if many else ()),
                Column(title="Runtime"),
                *_figures("Memory", "Calls a month", "Failed", "Average run", headings.COST, headings.SAVING),
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
            columns=(
                *(Column(title=title) for title in ("Shared log group", "Region")),
                *_figures("Functions", headings.COST),
            ),
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
        _saved(function.saving),
    )


def _usage(function: FunctionAssessment) -> Sequence[str]:
    usage = function.profile.usage
    if usage is None:
        return "not known", headings.NONE, headings.NONE
    calls = f"{usage.invocations * function.profile.window.per_month:,.0f}"
    if not usage.invocations:
        return calls, headings.NONE, headings.NONE
    return calls, percent(Decimal(usage.errors), Decimal(usage.invocations)), f"{usage.average_ms:,.0f} ms"


def _saved(saving: Decimal) -> str:
    return usd(saving) if saving else headings.NONE


def limits(report: Report) -> Iterable[Section]:
    """Yield what the functions of a region share: its limits and the instances of functions that are not billed by run.

    Nothing is yielded if nothing was read of it.
    """
    facts = report.assessment.facts
    if not facts.surroundings:
        return
    blocks: list[Block] = [
        Table(
            columns=(
                Column(title="Region"),
                *_figures("Concurrency limit", "Reserved", "Most of the rest in use", "Space for code in use"),
                *_figures("Web functions", "MicroVMs"),
            ),
            rows=[_region(region) for region in facts.surroundings],
        )
    ]
    if facts.capacity_providers:
        users = Counter(profile.capacity_provider_arn for profile in facts.profiles)
        blocks.append(
            Table(
                columns=(
                    *(Column(title=title) for title in ("Capacity provider", "Processors", "Instance types")),
                    *_figures("vCPUs at most", "Functions"),
                ),
                rows=[_provider(one, users[one.arn]) for one in facts.capacity_providers],
            )
        )
    yield Section(heading=headings.LIMITS, blocks=blocks)


def _region(region: RegionFacts) -> Sequence[Text]:
    limit, left = region.concurrency_limit, region.unreserved_concurrency
    space = region.code_limit_bytes
    return (
        region.region,
        _known(limit),
        _known(None if limit is None or left is None else limit - left),
        _known(region.unreserved_peak),
        headings.NONE
        if space is None or region.code_bytes is None
        else percent(Decimal(region.code_bytes), Decimal(space)),
        _known(region.web_functions),
        _known(region.microvms),
    )


def _provider(provider: CapacityProvider, functions: int) -> Sequence[Text]:
    return (
        Name(provider.arn.rpartition(":")[2]),
        ", ".join(provider.architectures) or headings.NONE,
        ", ".join(provider.instance_types) or "chosen by Lambda",
        _known(provider.max_vcpus),
        f"{functions:,}",
    )


def _known(number: int | None) -> str:
    return headings.NONE if number is None else f"{number:,}"


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
            columns=[Column(title=title) for title in ("Source", "Region", "Functions", "Reason", "Effect")],
            rows=[(Name(gap.source), gap.region, affected(gap), gap.reason, gap.effect) for gap in found[:MAX_ROWS]],
            more=headings.more(len(found) - MAX_ROWS, "findings.json"),
        )
    if not_judged:
        yield Paragraph(text=NOT_JUDGED)
        yield Table(
            columns=[
                Column(title="Not judged"),
                Column(title="Functions", is_figure=True),
                Column(title="Reason"),
                Column(title="Examples"),
            ],
            rows=[_undecided(one) for one in not_judged],
        )


def _undecided(one: UndecidedFunctions) -> Sequence[Text]:
    names: list[str | Name] = []
    for name in one.functions[:MAX_NAMED]:
        names += [", ", Name(name)] if names else [Name(name)]
    return RULE_TITLES[one.rule], f"{len(one.functions):,}", one.reason, tuple(names)


def _figures(*titles: str) -> Iterable[Column]:
    return (Column(title=title, is_figure=True) for title in titles)
