"""Reads AWS Cost Optimization Hub: one request for every 1,000 recommendations of all regions together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from agent.analyst.account.clients import Clients
from agent.analyst.account.reading import Reading
from agent.analyst.analysis.facts.second_opinion import HubRecommendation
from agent.analyst.analysis.profile import FunctionProfile

# The hub has one endpoint, for all regions of the partition `aws`.
ENDPOINT = "us-east-1"


def with_recommendations(
    clients: Clients, reading: Reading, regions: Sequence[str], profiles: Sequence[FunctionProfile]
) -> list[FunctionProfile]:
    """Return functions with the hub's recommendation that saves most, where it has one."""
    if not profiles:
        return []
    # The management account of an organization would get the recommendations of all accounts.
    account = profiles[0].arn.split(":")[4]
    pages, _ = reading.pages(
        clients.get("cost-optimization-hub", ENDPOINT)
        .get_paginator("list_recommendations")
        .paginate(
            filter={"resourceTypes": ["LambdaFunction"], "regions": list(regions), "accountIds": [account]},
            PaginationConfig={"PageSize": 1_000},
        ),
        source="cost-optimization-hub:ListRecommendations",
        region=ENDPOINT,
        effect="there is no second opinion of Cost Optimization Hub",
    )
    found: dict[str, HubRecommendation] = {}
    for page in pages:
        for one in page["items"]:
            arn = ":".join(one.get("resourceArn", "").split(":")[:7])
            recommendation = _recommendation(one)
            if recommendation and (arn not in found or recommendation.monthly_saving > found[arn].monthly_saving):
                found[arn] = recommendation
    return [replace(profile, hub=found.get(profile.arn)) for profile in profiles]


def _recommendation(one: dict[str, Any]) -> HubRecommendation | None:
    if one.get("currencyCode") != "USD":
        return None
    return HubRecommendation(
        action=one.get("actionType", ""),
        summary=one.get("recommendedResourceSummary", ""),
        monthly_saving=Decimal(str(one.get("estimatedMonthlySavings", 0))),
        effort=one.get("implementationEffort", ""),
        source=one.get("source", ""),
    )
