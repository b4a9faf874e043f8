"""Reads AWS Compute Optimizer: one request for every 1,000 functions of a region."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from agent.analyst.account.clients import Clients
from agent.analyst.account.reading import Reading
from agent.analyst.analysis.facts.second_opinion import SecondOpinion, Verdict
from agent.analyst.analysis.profile import FunctionProfile


def with_opinions(
    clients: Clients, reading: Reading, region: str, profiles: Sequence[FunctionProfile]
) -> list[FunctionProfile]:
    """Return the functions of a region with Compute Optimizer's opinion, where it has one."""
    if not profiles:
        return []
    pages, _ = reading.pages(
        clients.get("compute-optimizer", region)
        .get_paginator("get_lambda_function_recommendations")
        .paginate(PaginationConfig={"PageSize": 1_000}),
        source="compute-optimizer:GetLambdaFunctionRecommendations",
        region=region,
        effect="there is no second opinion of Compute Optimizer about memory sizes",
    )
    found: dict[str, dict[str, Any]] = {}
    for page in pages:
        for one in page.get("lambdaFunctionRecommendations", []):
            # It judges versions. The one with the most runs counts.
            arn = ":".join(one["functionArn"].split(":")[:7])
            if arn not in found or one.get("numberOfInvocations", 0) > found[arn].get("numberOfInvocations", 0):
                found[arn] = one
    return [
        replace(profile, optimizer=_opinion(found[profile.arn])) if profile.arn in found else profile
        for profile in profiles
    ]


def _opinion(one: dict[str, Any]) -> SecondOpinion:
    options = sorted(one.get("memorySizeRecommendationOptions", []), key=lambda option: option["rank"])
    first = options[0] if options else {}
    saving = first.get("savingsOpportunity", {}).get("estimatedMonthlySavings", {})
    return SecondOpinion(
        verdict=Verdict(one["finding"]) if one["finding"] in set(Verdict) else Verdict.UNAVAILABLE,
        reasons=tuple(one.get("findingReasonCodes", ())),
        memory_mb=first.get("memorySize"),
        monthly_saving=Decimal(str(saving["value"])) if saving.get("currency") == "USD" else None,
        lookback_days=one.get("lookbackPeriodInDays"),
    )
