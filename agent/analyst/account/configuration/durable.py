"""Counts the durable executions that have not ended: some requests for each durable function."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from agent.analyst.account.reading import Reading
from agent.analyst.analysis.profile import FunctionProfile

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

# AWS lists the executions of one version. Those of older versions end sooner or later, and are left out.
NEWEST_VERSIONS = 5
# One page: whether there are 1,000 or more makes no difference.
MOST_COUNTED = 1_000


def with_executions(
    client: LambdaClient, reading: Reading, profiles: Sequence[FunctionProfile]
) -> list[FunctionProfile]:
    """Return functions, the durable ones with the number of their executions that have not ended."""

    def with_count(profile: FunctionProfile) -> FunctionProfile:
        if profile.durable is None:
            return profile
        counts = [_count(client, reading, profile, qualifier) for qualifier in _qualifiers(profile)]
        known = [count for count in counts if count is not None]
        return replace(profile, durable_executions=sum(known) if len(known) == len(counts) else None)

    return reading.each(with_count, profiles)


def _qualifiers(profile: FunctionProfile) -> Sequence[str]:
    newest = (profile.versions or ())[-NEWEST_VERSIONS:]
    return ["$LATEST", *(version.number for version in newest)]


def _count(client: LambdaClient, reading: Reading, profile: FunctionProfile, qualifier: str) -> int | None:
    page = reading.attempt(
        lambda: client.list_durable_executions_by_function(
            FunctionName=profile.name,
            Qualifier=qualifier,
            Statuses=["RUNNING", "PAUSING", "PAUSED"],  # type: ignore[list-item]  # the stubs are older
            MaxItems=MOST_COUNTED,
        ),
        source="lambda:ListDurableExecutionsByFunction",
        region=profile.region,
        effect="whether durable executions are suspended is not known, so these functions are not judged idle",
        about=[profile.name],
    )
    return None if page is None else len(page.get("DurableExecutions", []))
