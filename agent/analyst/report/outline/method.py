"""The method section: how the figures are computed, and what they leave out."""

from __future__ import annotations

from collections.abc import Iterable

from agent.analyst.analysis.prices import Meter, PriceTable
from agent.analyst.analysis.profile import HOURS_PER_MONTH
from agent.analyst.report.document import COMPUTED, RULE_TITLES, Report
from agent.analyst.report.outline import headings


def facts(report: Report) -> Iterable[tuple[str, str]]:
    """Yield the method: texts about one subject each, with the subject as label."""
    window = report.assessment.facts.window
    yield (
        "Observation",
        f"{window.days:.0f} whole days (UTC), from {window.start:%Y-%m-%d} to {window.last_day:%Y-%m-%d}, projected to "
        f"a month of {HOURS_PER_MONTH} hours. The current configuration is used for all of this time. Provisioned "
        f"concurrency is priced for all {HOURS_PER_MONTH} hours, even if a schedule lowers it.",
    )
    yield from COSTS.items()
    yield (
        "Savings",
        "The changes to one function are priced one after another, in the order in which they are to be made, so their "
        f"savings can be added up. Savings are rounded down to the cent. {headings.MINOR_SAVINGS} are listed in their "
        "own section and are not part of any total.",
    )
    yield (
        "Ranges",
        "A range shows what a change of memory saves if a run only computes, and if it only waits; and what more "
        "provisioned concurrency saves if the load changes as much as its peak allows, and if it never changes. Other "
        "savings have no range, because nothing that was read limits their error. How long a run takes on arm64, for "
        "example, is known only after a test.",
    )
    yield (
        "Effort",
        "Low if the commands are all of the work, medium if the change must be tested or measured, and high if code "
        "must be changed or built again.",
    )
    for region, table in report.assessment.tables.items():
        yield f"Prices of {region}", _priced_with(table)
    yield "Issues", f"Looked for: {', '.join(headings.within(title) for title in RULE_TITLES.values())}."
    yield "Files", "findings.csv and findings.json, saved beside this report, contain all findings."
    yield "Words", _authorship(report)
    yield "Request", report.prompt
    yield (
        "Run",
        f"{report.session_id}, attempt {report.attempt}, {report.made_at:%Y-%m-%d %H:%M} UTC, with version "
        f"{report.prompt_version} of the analyst's prompt",
    )


COSTS = {
    "Costs": "List prices, before the free tier, Savings Plans and other discounts. They leave out log groups of "
    "another name that one function writes to, what logs are delivered to, Lambda@Edge, and the charges of other "
    "services that a function uses.",
    # https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/
    "Cold starts": "The initialisation of new instances is estimated: the share of cold starts in the sampled REPORT "
    "lines, times all runs, times their mean duration. AWS bills it for all functions since 1 August 2025, and "
    "CloudWatch's Duration does not contain it. A function that was not sampled costs more than this report shows if "
    "it starts cold.",
    "Extensions": "Duration contains the time that extensions run after the function's code.",
    "SnapStart": "It is priced by memory, for the versions and restores that were read; Java is free. Costs leave out "
    "the disk of snapshots.",
    # https://aws.amazon.com/lambda/pricing/, as of September 2026
    "Durable functions": "Costs leave out durable operations ($8.00 a million in us-east-1), data written ($0.25 a GB) "
    "and data retained ($0.15 a GB and month). Not all executions of old versions were looked at.",
    "Managed Instances": "Costs of functions on Lambda Managed Instances contain their requests only. The EC2 "
    "instances, and AWS's fee of 15% of their on-demand price, are on another bill. Runs have no price by duration "
    "there, so rules about it are not applied.",
    "Event pollers": "Provisioned ones are priced for SQS queues, at their minimum: more may work at times. Costs "
    "leave out pollers of Kafka, which are billed by throughput, and the requests of pollers, which are on the bill of "
    "SQS.",
    "Loops": "Whether Lambda stops a function that calls itself in a loop was read for the most expensive functions "
    "only.",
    "Shared log groups": "A log group that several functions write to counts once: in the account's cost, and in that "
    "of no function or owner. All of it counts, also what other services write to it.",
    "Code and layers": "Old versions of layers were not looked at. Code and layers are free within the region's space "
    "for them.",
}


def _priced_with(table: PriceTable) -> str:
    sentences = [f"List prices as of {table.as_of}, from {table.source}."]
    if table.supplement is not None:
        sentences.append(
            f"Missing there and taken from list prices as of {table.supplement.as_of}, from {table.supplement.source}: "
            f"{'; '.join(sorted(table.supplement.meters))}."
        )
    if table.borrowed:
        borrowed = "all of them" if len(table.borrowed) == len(Meter) else "; ".join(sorted(table.borrowed))
        sentences.append(f"Not known for this region and priced as in us-east-1: {borrowed}.")
    return " ".join(sentences)


def _authorship(report: Report) -> str:
    if report.narrative.author == COMPUTED:
        return "Computed, like the figures: the model wrote no text, or none that was accepted."
    return f"By {report.narrative.author}, which names figures; code filled them in. The figures are computed."
