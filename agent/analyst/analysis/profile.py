"""What is known of one Lambda function: how it is configured, and how it was used while it was observed.

`None` always means "could not be read", never zero: a rule that needs what is missing stays silent, and the report
names the gap.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

# AWS bills by the hour or the second; 730 hours is the month that its own price calculator counts with.
HOURS_PER_MONTH = 730
SECONDS_PER_MONTH = HOURS_PER_MONTH * 3_600


class Architecture(StrEnum):
    """The processor that a function runs on."""

    X86_64 = "x86_64"
    ARM64 = "arm64"


class PackageType(StrEnum):
    """How a function's code is delivered."""

    ZIP = "Zip"
    IMAGE = "Image"


class LogClass(StrEnum):
    """A log group's class: it decides the price of ingestion, and cannot be changed afterwards."""

    STANDARD = "STANDARD"
    INFREQUENT_ACCESS = "INFREQUENT_ACCESS"
    DELIVERY = "DELIVERY"  # logs only pass through, to S3 or Firehose
    OTHER = "OTHER"  # one that AWS has added since: its price is not known here


@dataclass(frozen=True, kw_only=True)
class Window:
    """The time of observation: whole days, so that CloudWatch's daily figures cover exactly it.

    Attributes:
        start: Beginning, included.
        end: End, excluded.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if not self.start < self.end:
            raise ValueError(f"A window must begin before it ends: {self.start} is not before {self.end}")

    @property
    def days(self) -> float:
        """Its length in days."""
        return (self.end - self.start).total_seconds() / 86_400

    @property
    def last_day(self) -> datetime:
        """A moment of its last day, for saying until when it lasts."""
        return self.end - timedelta(microseconds=1)

    @property
    def per_month(self) -> Decimal:
        """What an amount seen in the window is multiplied by to make a month of it."""
        return Decimal(SECONDS_PER_MONTH) / Decimal((self.end - self.start).total_seconds())


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What CloudWatch counted in the window.

    Attributes:
        invocations: How often the function ran, failures included.
        errors: How many of these runs failed.
        throttles: How many requests were turned away, also of a function that did not run.
        duration_ms: Sum of all runs' durations.
        p95_ms: The highest daily 95th percentile of the duration; None where CloudWatch had none.
        p99_ms: The highest daily 99th percentile.
        longest_ms: The longest run.
        peak_concurrency: Most instances at once.
        first_day: Beginning of the first day with an invocation; None without any.
        silent_days: Of a function that was not called in the window: for how many whole days up to the window's end
            it has been neither called nor throttled, as far back as was asked; None for any other function, or where
            CloudWatch could not be asked.
    """

    invocations: int
    errors: int = 0
    throttles: int = 0
    duration_ms: float = 0.0
    p95_ms: float | None = None
    p99_ms: float | None = None
    longest_ms: float | None = None
    peak_concurrency: int | None = None
    first_day: datetime | None = None
    silent_days: int | None = None

    @property
    def average_ms(self) -> float:
        """Mean duration of one run; 0 without any."""
        return self.duration_ms / self.invocations if self.invocations else 0.0


@dataclass(frozen=True, kw_only=True)
class MemorySample:
    """What a bounded sample of REPORT lines says of the memory really used.

    Attributes:
        reports: How many lines were read.
        peak_mb: The highest `Max Memory Used`.
    """

    reports: int
    peak_mb: int


@dataclass(frozen=True, kw_only=True)
class ProvisionedConcurrency:
    """Instances kept warm for one alias or version, paid for whether they are used or not.

    Attributes:
        qualifier: The alias or version.
        units: Instances kept warm.
        peak_utilization: Highest share of them in use at once, from 0 to 1; None where CloudWatch had no figure.
        invocations: How many runs they served in the window.
        memory_mb: The memory of the version that they run; None where it is the function's own, or not known.
        architecture: That version's processor; None likewise.
    """

    qualifier: str
    units: int
    peak_utilization: float | None
    invocations: int = 0
    memory_mb: int | None = None
    architecture: Architecture | None = None


@dataclass(frozen=True, kw_only=True)
class LogGroup:
    """Where a function's logs go.

    Attributes:
        name: Its name.
        retention_days: After how many days events are deleted; None for never.
        stored_bytes: What it holds, before compression.
        log_class: Its class.
        metric_filters: How many metric filters read it (the infrequent-access class allows none).
        subscription_filters: How many subscription filters do (nor any of these); None where it was not asked.
        incoming_bytes: What was written to it in the window; None where CloudWatch could not be asked.
    """

    name: str
    retention_days: int | None
    stored_bytes: int
    log_class: LogClass = LogClass.STANDARD
    metric_filters: int = 0
    subscription_filters: int | None = None
    incoming_bytes: int | None = None


@dataclass(frozen=True, kw_only=True)
class FunctionProfile:
    """One function, as it was found.

    Attributes:
        arn: Its ARN, without a version.
        name: Its name.
        region: Its region.
        runtime: Its runtime's identifier; None for a container image.
        architecture: Its processor.
        package_type: How its code is delivered.
        memory_mb: Its configured memory.
        timeout_seconds: Its configured timeout.
        ephemeral_storage_mb: The size of its `/tmp`.
        layers: ARNs of its layers.
        reserved_concurrency: How many instances are reserved for it at most; None for no limit of its own, or unknown.
        last_modified: When its code or configuration was last changed.
        known_since: The earliest sign of its life: its last change, its log group, its oldest log event or datapoint,
            whichever is first. AWS does not tell when a function was created.
        window: When it was observed.
        log_group_name: Where it logs to, whether or not that group exists.
        logs_as_json: Whether its REPORT lines are JSON.
        has_versions: Whether versions of it are published; None where they could not be read. What an alias or a
            version serves does not change with the function's own configuration.
        managed_instances: Whether it runs on Lambda Managed Instances, which are paid for by the instance.
        usage: How it was used; None where CloudWatch could not be asked.
        memory: How much memory it used; None where no REPORT line was read.
        provisioned: Its provisioned concurrency; None where it could not be read.
        log_group: Its log group; None where it has none, shares it with others, or log groups could not be read.
    """

    arn: str
    name: str
    region: str
    runtime: str | None
    architecture: Architecture
    package_type: PackageType
    memory_mb: int
    timeout_seconds: int
    ephemeral_storage_mb: int
    last_modified: datetime
    known_since: datetime
    window: Window
    log_group_name: str
    logs_as_json: bool = False
    has_versions: bool | None = None
    managed_instances: bool = False
    layers: tuple[str, ...] = ()
    reserved_concurrency: int | None = None
    usage: Usage | None = None
    memory: MemorySample | None = None
    provisioned: tuple[ProvisionedConcurrency, ...] | None = None
    log_group: LogGroup | None = None

    @property
    def key(self) -> str:
        """What tells it from every other function of the account."""
        return f"{self.region}/{self.name}"

    def seen(self, moment: datetime | None) -> FunctionProfile:
        """The same, with another sign of its life, if there is one."""
        return self if moment is None else replace(self, known_since=min(self.known_since, moment))
