"""What an estate is made of."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

DAYS = 14


@dataclass(frozen=True, kw_only=True)
class Provisioned:
    """Provisioned concurrency on an alias.

    Attributes:
        alias: The alias, which points at version 1.
        units: Instances kept warm.
        peak_utilization: Highest share of them in use on any day.
        calls_per_day: How many of the function's calls they serve.
    """

    alias: str
    units: int
    peak_utilization: float
    calls_per_day: int = 0


@dataclass(frozen=True, kw_only=True)
class Shape:
    """One function and how it is used, the same on each of the last fourteen whole days.

    Attributes:
        name: Its name.
        about: What makes it worth having in an estate.
        runtime: Its runtime; None for a container image.
        architecture: `x86_64` or `arm64`.
        memory_mb: Configured memory.
        memory_used_mb: The highest memory that its REPORT lines tell.
        timeout_seconds: Configured timeout.
        ephemeral_storage_mb: Size of `/tmp`.
        calls_per_day: How often it runs.
        duration_ms: Its runs' durations: each a duration and how many of 1,000 runs take it.
        errors_per_day: How many runs fail.
        throttles_per_day: How many calls are turned away.
        peak_concurrency: Most instances at once.
        provisioned: Provisioned concurrency.
        log_retention_days: Its log group's retention; None for never.
        log_bytes_per_day: What it writes to it; None if it has no log group at all.
        last_ran_days_ago: For a function that does not run: when it last did; None if never.
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
    errors_per_day: int = 0
    throttles_per_day: int = 0
    peak_concurrency: int = 1
    provisioned: tuple[Provisioned, ...] = ()
    log_retention_days: int | None = 30
    log_bytes_per_day: int | None = 1_048_576
    last_ran_days_ago: int | None = None


@dataclass(frozen=True, kw_only=True)
class Known:
    """A finding that an estate is known to hold.

    Attributes:
        function: The function's name.
        rule: The rule's name.
        saving: USD per month.
        standing: `opportunity`, `minor` or `advice`.
        because: How the saving was computed by hand.
    """

    function: str
    rule: str
    saving: Decimal
    standing: str
    because: str


def advice(function: str, rule: str, because: str) -> Known:
    """A known finding that saves nothing by itself."""
    return Known(function=function, rule=rule, saving=Decimal("0.00"), standing="advice", because=because)


@dataclass(frozen=True, kw_only=True)
class Estate:
    """An account's functions, and what is known about them.

    Attributes:
        name: What the estate is called.
        functions: What it consists of.
        cost: USD per month of all functions.
        saving: USD per month of all opportunities.
        known: Every finding, in no order.
        denied: IAM actions that whoever analyses it is refused, and that must show up as gaps for it.
        lacking: Sources of gaps that it has though nothing is refused.
    """

    name: str
    functions: tuple[Shape, ...]
    cost: Decimal
    saving: Decimal
    known: tuple[Known, ...] = ()
    denied: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
