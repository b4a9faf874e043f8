"""What the functions of a region share: its limits, and capacity that is not billed by run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal

from agent.analyst.analysis.facts.account import CapacityProvider, RegionFacts
from agent.analyst.report.document import Report, percent
from agent.analyst.report.outline import headings
from agent.analyst.report.outline.blocks import Block, Section, Table
from agent.analyst.report.text import Name, Text


def section(report: Report) -> Iterable[Section]:
    """Yield what the functions of a region share: its limits and the instances of functions that are not billed by run.

    Nothing is yielded if nothing was read of it.
    """
    facts = report.assessment.facts
    if not facts.surroundings:
        return
    blocks: list[Block] = [
        Table(
            columns=headings.columns(
                "Region",
                figures=[
                    *("Concurrency limit", "Reserved", "Most of the rest in use", "Space for code in use"),
                    *("Web functions", "MicroVMs"),
                ],
            ),
            rows=[_region(region) for region in facts.surroundings],
        )
    ]
    if facts.capacity_providers:
        users = Counter(profile.capacity_provider_arn for profile in facts.profiles)
        blocks.append(
            Table(
                columns=headings.columns(
                    *("Capacity provider", "Processors", "Instance types"), figures=["vCPUs at most", "Functions"]
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
