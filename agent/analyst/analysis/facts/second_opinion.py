"""What AWS's own advisers recommend for a function."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Verdict(StrEnum):
    """Compute Optimizer's finding about the memory of a function."""

    OPTIMIZED = "Optimized"
    NOT_OPTIMIZED = "NotOptimized"
    UNAVAILABLE = "Unavailable"  # it has too little data, or does not judge such functions


@dataclass(frozen=True, kw_only=True)
class SecondOpinion:
    """AWS Compute Optimizer's opinion about a function's memory.

    Attributes:
        verdict: The finding.
        reasons: Its reason codes, such as `MemoryOverprovisioned`, `MemoryUnderprovisioned`, `InsufficientData`.
        memory_mb: The memory that it recommends first; None without a recommendation.
        monthly_saving: What it expects that to save in USD a month; None without an estimate.
        lookback_days: The days that it looked at.
    """

    verdict: Verdict
    reasons: tuple[str, ...] = ()
    memory_mb: int | None = None
    monthly_saving: Decimal | None = None
    lookback_days: float | None = None


@dataclass(frozen=True, kw_only=True)
class HubRecommendation:
    """A recommendation of AWS Cost Optimization Hub for a function.

    Attributes:
        action: What to do, such as `Rightsize`.
        summary: The recommended configuration in the hub's words; empty if it has none.
        monthly_saving: What it expects that to save in USD a month, after the account's discounts.
        effort: The effort, such as `Low`.
        source: Who recommends it: `ComputeOptimizer` or `CostExplorer`.
    """

    action: str
    summary: str
    monthly_saving: Decimal
    effort: str
    source: str
