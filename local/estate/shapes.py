"""Data types of an estate: its functions and its known findings."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

DAYS = 14


@dataclass(frozen=True, kw_only=True)
class Provisioned:
    """Provisioned concurrency on an alias.

    Attributes:
        alias: The alias. It points to version 1.
        units: Provisioned instances.
        peak_utilization: Highest share of the instances in use on any day, from 0 to 1.
        calls_per_day: Calls of the function that these instances serve.
    """

    alias: str
    units: int
    peak_utilization: float
    calls_per_day: int = 0


@dataclass(frozen=True, kw_only=True)
class Shape:
    """One function and its use, the same on each of the last 14 whole days.

    Attributes:
        name: Name of the function.
        about: Why the function is in the estate.
        runtime: Runtime; None for a container image.
        architecture: `x86_64` or `arm64`.
        memory_mb: Configured memory.
        memory_used_mb: Highest memory use in the REPORT lines.
        timeout_seconds: Configured timeout.
        ephemeral_storage_mb: Size of `/tmp`.
        calls_per_day: Number of runs.
        duration_ms: Pairs of a duration and the number of runs out of 1,000 that take it.
        cold_every: Every how many REPORT lines one has an initialisation; 0 for none.
        init_ms: Duration of an initialisation.
        errors_per_day: Number of failed runs.
        throttles_per_day: Number of throttled calls.
        peak_concurrency: Highest number of instances at the same time.
        provisioned: Provisioned concurrency.
        log_retention_days: Retention of the log group; None for no expiry.
        log_bytes_per_day: Bytes written to the log group; None when there is no log group.
        last_ran_days_ago: Age of the last run of a function that is not called; None when it has never run.
    """

    name: str
    about: str
    runtime: str | None = "python3.14"
    architecture: str = "arm64"
    memory_mb: int = 256
    memory_used_mb: int = 180
    timeout_seconds: int = 30
    ephemeral_storage_mb: int = 512
    calls_per_day: int = 0
    duration_ms: tuple[tuple[int, int], ...] = ((100, 1_000),)
    cold_every: int = 0
    init_ms: int = 0
    errors_per_day: int = 0
    throttles_per_day: int = 0
    peak_concurrency: int = 1
    provisioned: tuple[Provisioned, ...] = ()
    log_retention_days: int | None = 30
    log_bytes_per_day: int | None = 1_048_576
    last_ran_days_ago: int | None = None


@dataclass(frozen=True, kw_only=True)
class Known:
    """A known finding of an estate.

    Attributes:
        function: The function's name.
        rule: The rule's name.
        saving: USD per month.
        category: `opportunity`, `minor` or `advice`.
        because: How the saving was computed by hand, or the reason for the advice.
    """

    function: str
    rule: str
    saving: Decimal
    category: str
    because: str


def advice(function: str, rule: str, because: str) -> Known:
    """Return a known finding without a saving."""
    return Known(function=function, rule=rule, saving=Decimal("0.00"), category="advice", because=because)


@dataclass(frozen=True, kw_only=True)
class Estate:
    """The functions of an account, and the known results of an analysis.

    Attributes:
        name: Name of the estate.
        functions: The functions.
        cost: USD per month of all functions.
        saving: USD per month of all opportunities.
        known: All findings, in any order.
        denied: IAM actions that the analyst is denied. Each must be reported as a gap.
        lacking: Sources of gaps that exist although nothing is denied.
    """

    name: str
    functions: tuple[Shape, ...]
    cost: Decimal
    saving: Decimal
    known: tuple[Known, ...] = ()
    denied: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
