"""How the figures came about, and what they leave out: the same sentences in every rendering."""

from __future__ import annotations

from collections.abc import Sequence

from agent.analyst.analysis.profile import HOURS_PER_MONTH
from agent.analyst.report.document import COMPUTED, RULE_TITLES, Report, priced_with


def sentences(report: Report) -> Sequence[str]:
    """The method, one matter in each."""
    window = report.assessment.facts.window
    looked_for = ", ".join(title[:1].lower() + title[1:] for title in RULE_TITLES.values())
    return [
        f"Observed for {window.days:.0f} whole days (UTC), from {window.start:%Y-%m-%d} to {window.last_day:%Y-%m-%d}, "
        f"and projected to a month of {HOURS_PER_MONTH} hours. The configuration of today is taken for all of that "
        f"time: provisioned concurrency is priced for all {HOURS_PER_MONTH} hours, also where a schedule lowers it.",
        *OMISSIONS,
        "Changes to one function are priced one after another, in the order in which they are to be made, so that "
        "their savings add up. Savings are rounded down to the cent. Savings that are too small to be sold are listed "
        "apart, and are part of no total.",
        *(priced_with(table) for table in report.assessment.tables.values()),
        f"Looked for: {looked_for}.",
        _authorship(report),
        f"Made on {report.made_at:%Y-%m-%d at %H:%M} UTC by run {report.session_id}, attempt {report.attempt}, under "
        f"version {report.prompt_version} of the analyst's prompt.",
    ]


OMISSIONS = (
    "Costs are list prices, before the free tier, Savings Plans and other discounts.",
    # https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/
    "Costs leave out the initialisation of new instances: AWS bills it since 1 August 2025, for managed runtimes "
    "deployed as zip archives too, and CloudWatch's Duration, which is what was read, does not contain it. A function "
    "that often starts cold costs more than is said here.",
    "Costs leave out SnapStart (caching and restoring snapshots), the ingestion of logs of the DELIVERY class, the "
    "instances of Lambda Managed Instances, and whatever other services charge for what a function does.",
)


def _authorship(report: Report) -> str:
    if report.narrative.author == COMPUTED:
        return "The figures are computed, and so are the words: the model wrote none, or none that held true."
    return (
        f"The figures are computed. The words are by {report.narrative.author}; each number in them was checked to be "
        "one that the analysis has computed or read."
    )
