"""Facts in which nothing is missing, to test what is done with them."""

from dataclasses import replace
from decimal import Decimal

from agent.analyst.analysis.facts.account import (
    CapacityProvider,
    Discounts,
    EffectiveRate,
    RegionFacts,
    SavingsPlan,
)
from agent.analyst.analysis.facts.configuration import AsyncConfig, DurableConfig, EventSource, FunctionUrl, Version
from agent.analyst.analysis.facts.second_opinion import HubRecommendation, SecondOpinion, Verdict
from agent.analyst.analysis.facts.shared_logs import SharedLogGroup
from agent.analyst.analysis.facts.use import InitUse
from agent.analyst.analysis.profile import FunctionProfile
from tests.agent.analyst.analysis.profiles import LONG_AGO, healthy, logged
from tests.agent.analyst.report.reports import FACTS


def complete() -> FunctionProfile:
    """Return a function whose attributes all have a value."""
    return healthy(
        code_bytes=5_000_000,
        layers=("arn:aws:lambda:us-east-1:123456789012:layer:tools:3",),
        layers_bytes=(1_000_000,),
        snap_start=True,
        versions=(Version(number="1", published=LONG_AGO, memory_mb=512, code_bytes=4_000_000, snap_start=True),),
        durable=DurableConfig(execution_timeout_seconds=86_400, retention_days=14),
        durable_executions=3,
        capacity_provider_arn="arn:aws:lambda:us-east-1:123456789012:capacity-provider:pool",
        event_sources=(EventSource(service="sqs", arn="arn:aws:sqs:us-east-1:123456789012:orders", enabled=True),),
        function_urls=(FunctionUrl(qualifier="live", public=True),),
        async_config=AsyncConfig(retries=1, keeps_failures=True),
        may_recurse=False,
        init=InitUse(reports=200, cold_starts=4, init_ms=812.5, restores=2, restore_ms=90.25),
        optimizer=SecondOpinion(
            verdict=Verdict.NOT_OPTIMIZED,
            reasons=("MemoryOverprovisioned",),
            memory_mb=512,
            monthly_saving=Decimal("1.25"),
            lookback_days=14.0,
        ),
        hub=HubRecommendation(
            action="Rightsize",
            summary="512 MB",
            monthly_saving=Decimal("1.10"),
            effort="Low",
            source="ComputeOptimizer",
        ),
        owner="shop",
    )


def everything():
    """Return facts whose attributes all have a value."""
    return replace(
        FACTS,
        profiles=(complete(),),
        surroundings=(
            RegionFacts(
                region="us-east-1",
                concurrency_limit=1_000,
                unreserved_concurrency=900,
                unreserved_peak=40,
                code_bytes=5_000_000,
                code_limit_bytes=80_530_636_800,
                web_functions=2,
                microvms=1,
            ),
        ),
        shared_logs=(SharedLogGroup(region="us-east-1", group=logged(name="/team/shop"), functions=("a", "b")),),
        capacity_providers=(CapacityProvider(arn="arn:pool", architectures=("arm64",), max_vcpus=32),),
        discounts=Discounts(
            rates=(
                EffectiveRate(
                    usage_type="Lambda-GB-Second-ARM",
                    quantity=Decimal(1_000_000),
                    unit="Lambda-GB-Second",
                    usd=Decimal("11.1"),
                ),
            ),
            savings_plans=(SavingsPlan(hourly_usd=Decimal("0.5"), ends="2027-01-01T00:00:00Z"),),
        ),
        group_by_tag="owner",
    )
