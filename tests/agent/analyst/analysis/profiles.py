"""Profiles for tests: a healthy function, observed for half of a month of 730 hours."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from agent.analyst.analysis import combine, prices
from agent.analyst.analysis.combine import FunctionAssessment
from agent.analyst.analysis.facts.account import RegionFacts
from agent.analyst.analysis.facts.use import InitUse
from agent.analyst.analysis.finding import Answer, Finding, Proposal, Undecided
from agent.analyst.analysis.profile import (
    Architecture,
    FunctionProfile,
    LogGroup,
    MemorySample,
    PackageType,
    Usage,
    Window,
)
from agent.analyst.rules import RULES

END = datetime(2026, 11, 23, tzinfo=UTC)
# 365 hours: amounts are doubled for a month.
HALF_A_MONTH = Window(start=END - timedelta(hours=365), end=END)
LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)

# Half of what is left of the concurrency, and a tenth of the space for code are in use.
ROOMY_REGION = RegionFacts(
    region="us-east-1",
    concurrency_limit=1_000,
    unreserved_concurrency=400,
    unreserved_peak=200,
    code_bytes=75 * 1024**3 // 10,
    code_limit_bytes=75 * 1024**3,
    web_functions=0,
    microvms=0,
)

HEALTHY = FunctionProfile(
    arn="arn:aws:lambda:us-east-1:123456789012:function:healthy",
    name="healthy",
    region="us-east-1",
    runtime="python3.14",
    architecture=Architecture.ARM64,
    package_type=PackageType.ZIP,
    memory_mb=1024,
    timeout_seconds=30,
    ephemeral_storage_mb=512,
    last_modified=LONG_AGO,
    known_since=LONG_AGO,
    window=HALF_A_MONTH,
    log_group_name="/aws/lambda/healthy",
    has_versions=False,
    usage=Usage(
        invocations=1_000_000,
        duration_ms=1_000_000_000.0,
        p95_ms=1_800.0,
        p99_ms=4_000.0,
        longest_ms=5_000.0,
        peak_concurrency=4,
        extensions_ms=0.0,
        async_events=0,
    ),
    memory=MemorySample(reports=200, peak_mb=850),
    provisioned=(),
    log_group=LogGroup(
        name="/aws/lambda/healthy",
        retention_days=30,
        stored_bytes=1024**3,
        subscription_filters=0,
        incoming_bytes=1024**3 // 2,
    ),
    versions=(),
    event_sources=(),
    may_recurse=False,
    init=InitUse(reports=200, cold_starts=0, init_ms=0.0),
    surroundings=ROOMY_REGION,
)

TABLE = prices.for_region("us-east-1")
RATES = TABLE.average_rates({})


def healthy(**changes: Any) -> FunctionProfile:
    """Return the healthy function with some attributes replaced."""
    return replace(HEALTHY, **changes)


def used(**changes: Any) -> Usage:
    """Return the healthy function's usage with some attributes replaced."""
    assert HEALTHY.usage is not None
    return replace(HEALTHY.usage, **changes)


def logged(**changes: Any) -> LogGroup:
    """Return the healthy function's log group with some attributes replaced."""
    assert HEALTHY.log_group is not None
    return replace(HEALTHY.log_group, **changes)


def assess(profile: FunctionProfile) -> FunctionAssessment:
    """Apply all rules to an account with one function."""
    [assessment] = combine.assess([profile], TABLE)
    return assessment


def savings(profile: FunctionProfile) -> dict[str, Decimal]:
    """Return the saving of each rule that has a finding."""
    return {finding.rule: finding.saving for finding in assess(profile).findings}


def finding(profile: FunctionProfile, rule: str) -> Finding:
    """Return the finding of one rule."""
    return next(finding for finding in assess(profile).findings if finding.rule == rule)


def answer(rule: str, profile: FunctionProfile) -> Answer:
    """Return the answer of one rule, applied alone."""
    return next(row for row in RULES if row.name == rule).propose(profile)


def proposal(rule: str, profile: FunctionProfile) -> Proposal | None:
    """Return the proposal of one rule, applied alone; fail if it is undecided."""
    found = answer(rule, profile)
    assert not isinstance(found, Undecided), found
    return found
