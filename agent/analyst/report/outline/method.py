"""The method section: how the figures are computed, and what they leave out."""

from __future__ import annotations

from collections.abc import Sequence

from agent.analyst.analysis.profile import HOURS_PER_MONTH
from agent.analyst.report.document import COMPUTED, RULE_TITLES, Report, priced_with
from agent.analyst.report.outline import discounts, headings


def sentences(report: Report) -> Sequence[str]:
    """Return the method as paragraphs, one subject each."""
    window = report.assessment.facts.window
    issues = ", ".join(title[:1].lower() + title[1:] for title in RULE_TITLES.values())
    return [
        f"Time of observation: {window.days:.0f} whole days (UTC), from {window.start:%Y-%m-%d} to "
        f"{window.last_day:%Y-%m-%d}, projected to a month of {HOURS_PER_MONTH} hours. The current configuration is "
        f"used for all of this time. Provisioned concurrency is priced for all {HOURS_PER_MONTH} hours, even if a "
        "schedule lowers it.",
        *OMISSIONS,
        *discounts.sentences(report.assessment.facts.discounts),
        "The changes to one function are priced one after another, in the order in which they are to be made, so their "
        f"savings can be added up. Savings are rounded down to the cent. {headings.MINOR_SAVINGS} are listed in their "
        "own section and are not part of any total.",
        "A range shows what a change of memory saves if a run only computes, and if it only waits; and what more "
        "provisioned concurrency saves if the load changes as much as its peak allows, and if it never changes. Other "
        "savings have no range, because nothing that was read limits their error. How long a run takes on arm64, for "
        "example, is known only after a test.",
        "Effort is low if the commands are all of the work, medium if the change must be tested or measured, and high "
        "if code must be changed or built again.",
        *(priced_with(table) for table in report.assessment.tables.values()),
        f"Issues that were looked for: {issues}.",
        _authorship(report),
        f"Made on {report.made_at:%Y-%m-%d at %H:%M} UTC by run {report.session_id}, attempt {report.attempt}, with "
        f"version {report.prompt_version} of the analyst's prompt.",
    ]


OMISSIONS = (
    "Costs are list prices, before the free tier, Savings Plans and other discounts.",
    # https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/
    "The initialisation of new instances is estimated: the share of cold starts in the sampled REPORT lines, times all "
    "runs, times their mean duration. AWS bills it for all functions since 1 August 2025, and CloudWatch's Duration "
    "does not contain it. A function that was not sampled costs more than this report shows if it starts cold.",
    "Duration contains the time that extensions run after the function's code.",
    "SnapStart is priced by memory, for the versions and restores that were read; Java is free. Costs leave out the "
    "disk of snapshots.",
    # https://aws.amazon.com/lambda/pricing/, as of September 2026
    "Costs of durable functions leave out durable operations ($8.00 a million in us-east-1), data written ($0.25 a GB) "
    "and data retained ($0.15 a GB and month). Not all executions of old versions were looked at.",
    "Costs of functions on Lambda Managed Instances contain their requests only. The EC2 instances, and AWS's fee of "
    "15% of their on-demand price, are on another bill. Runs have no price by duration there, so rules about it are "
    "not applied.",
    "Provisioned event pollers are priced for SQS queues, at their minimum: more may work at times. Costs leave out "
    "pollers of Kafka, which are billed by throughput, and the requests of pollers, which are on the bill of SQS.",
    "Whether Lambda stops a function that calls itself in a loop was read for the most expensive functions only.",
    "A log group that several functions write to counts once: in the account's cost, and in that of no function or "
    "owner. All of it counts, also what other services write to it.",
    "Costs leave out log groups of another name that one function writes to, what logs are delivered to, Lambda@Edge, "
    "and the charges of other services that a function uses.",
    "Old versions of layers were not looked at. Code and layers are free within the region's space for them.",
)


def _authorship(report: Report) -> str:
    if report.narrative.author == COMPUTED:
        return "The figures and the text are computed: the model wrote no text, or none that was accepted."
    return (
        f"The figures are computed. The text is by {report.narrative.author}, which names figures; code filled them in."
    )
