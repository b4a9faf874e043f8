"""What is known about one Lambda function: its configuration, and its usage while it was observed.

`None` means "could not be read", never zero. A rule that needs a missing attribute does not decide, and the report
names the gap.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from agent.analyst.analysis.facts.account import RegionFacts
from agent.analyst.analysis.facts.configuration import AsyncConfig, DurableConfig, EventSource, FunctionUrl, Version
from agent.analyst.analysis.facts.second_opinion import HubRecommendation, SecondOpinion
from agent.analyst.analysis.facts.use import InitUse

# The month of AWS's price calculator.
HOURS_PER_MONTH = 730
SECONDS_PER_MONTH = HOURS_PER_MONTH * 3_600

LOG_GROUP_PREFIX = "/aws/lambda/"


class Architecture(StrEnum):
    """The processor that a function runs on."""

    X86_64 = "x86_64"
    ARM64 = "arm64"


class PackageType(StrEnum):
    """How a function's code is delivered."""

    ZIP = "Zip"
    IMAGE = "Image"


class LogClass(StrEnum):
    """A log group's class. It decides the price of ingestion and cannot be changed."""

    STANDARD = "STANDARD"
    INFREQUENT_ACCESS = "INFREQUENT_ACCESS"
    DELIVERY = "DELIVERY"  # logs are only passed on, to S3 or Firehose
    OTHER = "OTHER"  # a class that is newer than this code: its price is not known


@dataclass(frozen=True, kw_only=True)
class Window:
    """The time of observation, in whole days, so that CloudWatch's daily figures cover it exactly.

    Attributes:
        start: The beginning, included.
        end: The end, excluded.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if not self.start < self.end:
            raise ValueError(
                f"The window begins at {self.start}, not before its end at {self.end}: set a start before the end"
            )

    @property
    def days(self) -> float:
        """Return the window's length in days."""
        return (self.end - self.start).total_seconds() / 86_400

    @property
    def last_day(self) -> datetime:
        """Return a moment of the window's last day."""
        return self.end - timedelta(microseconds=1)

    @property
    def per_month(self) -> Decimal:
        """Return the factor that projects an amount from the window to a month."""
        return Decimal(SECONDS_PER_MONTH) / Decimal((self.end - self.start).total_seconds())


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What CloudWatch counted in the window.

    Attributes:
        invocations: Number of runs, including failed ones.
        errors: Number of failed runs.
        throttles: Number of rejected requests, also of a function that did not run.
        duration_ms: Sum of all runs' durations.
        p95_ms: The highest daily 95th percentile of the duration; None if CloudWatch has none.
        p99_ms: The highest daily 99th percentile of the duration; None if CloudWatch has none.
        longest_ms: Duration of the longest run.
        peak_concurrency: Highest number of instances at once.
        first_day: Beginning of the first day with a run; None without runs.
        silent_days: For a function without runs in the window: whole days up to the window's end in which it was
            neither called nor throttled, at most the look-back time. None for other functions, and where CloudWatch
            could not be read.
        extensions_ms: Sum of the time that extensions ran after the function's code; None where it was not read.
        async_events: Number of events that were received for asynchronous calls; None where it was not read.
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
    extensions_ms: float | None = None
    async_events: int | None = None

    @property
    def average_ms(self) -> float:
        """Return the mean duration of one run; 0 without runs."""
        return self.duration_ms / self.invocations if self.invocations else 0.0


@dataclass(frozen=True, kw_only=True)
class MemorySample:
    """The memory that runs used, from a bounded sample of REPORT lines.

    Attributes:
        reports: Number of lines read.
        peak_mb: The highest `Max Memory Used`, in MB.
    """

    reports: int
    peak_mb: int


@dataclass(frozen=True, kw_only=True)
class ProvisionedConcurrency:
    """Provisioned instances of one alias or version, billed whether they are used or not.

    Attributes:
        qualifier: The alias or version.
        units: Number of provisioned instances.
        peak_utilization: Highest share of them in use at once, from 0 to 1; None if CloudWatch has no value.
        invocations: Number of runs that they served in the window.
        memory_mb: Memory of the version that they run; None if it is the function's own, or not known.
        architecture: Processor of that version; None if it is the function's own, or not known.
    """

    qualifier: str
    units: int
    peak_utilization: float | None
    invocations: int = 0
    memory_mb: int | None = None
    architecture: Architecture | None = None


@dataclass(frozen=True, kw_only=True)
class LogGroup:
    """A function's log group.

    Attributes:
        name: The group's name.
        retention_days: Days after which events are deleted; None for never.
        stored_bytes: Bytes stored, before compression.
        log_class: The group's class.
        metric_filters: Number of metric filters (not available in the infrequent-access class).
        subscription_filters: Number of subscription filters (not available there either); None if not read.
        incoming_bytes: Bytes written in the window; None where CloudWatch could not be read.
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
    """One function, as it was read.

    Attributes:
        arn: The ARN, without a version.
        name: The name.
        region: The region.
        runtime: The runtime's identifier; None for a container image.
        architecture: The processor.
        package_type: How the code is delivered.
        memory_mb: The configured memory.
        timeout_seconds: The configured timeout.
        ephemeral_storage_mb: The size of `/tmp`.
        last_modified: When the code or configuration was last changed.
        known_since: The earliest sign that the function exists: its last change, its log group, its oldest log event or
            its oldest datapoint. AWS does not report when a function was created.
        window: The time of observation.
        log_group_name: The log group that it writes to; the group may not exist.
        logs_as_json: Whether its REPORT lines are JSON.
        has_versions: Whether versions are published; None where they could not be read. A change of the function's own
            configuration does not change its aliases and versions.
        managed_instances: Whether it runs on Lambda Managed Instances, which AWS bills by instance.
        layers: ARNs of the layers.
        reserved_concurrency: The function's own limit of instances; None without one, or where it could not be read.
        usage: The usage; None where CloudWatch could not be read.
        memory: The memory that runs used; None where no REPORT line was read.
        provisioned: The provisioned concurrency; None where it could not be read.
        log_group: The function's own log group; None if it has none (see `has_own_log_group`) or it could not be read.
        code_bytes: Size of its code, without layers.
        layers_bytes: Size of its layers, in the order of `layers`.
        snap_start: Whether SnapStart makes a snapshot of each version that is published.
        versions: The published versions, the oldest first; None where they could not be read.
        durable: The configuration of a durable function; None for other functions.
        durable_executions: Number of durable executions that have not ended, most of them suspended, of `$LATEST` and
            the newest versions; None for other functions, and where they could not be read.
        capacity_provider_arn: The capacity provider of a function on managed instances; None for other functions.
        event_sources: The queues and streams that are polled for it; None where they could not be read.
        function_urls: Its URLs. They are read only for functions that seem idle; None for other functions.
        has_dead_letter_queue: Whether events of failed asynchronous calls go to a dead-letter queue.
        async_config: What happens to failed asynchronous calls. It is read only for functions with errors.
        may_recurse: Whether Lambda lets it call itself in a loop. It is read only for the most expensive functions.
        init: Its cold starts; None where no REPORT line was read.
        optimizer: Compute Optimizer's opinion; None without one.
        hub: Cost Optimization Hub's recommendation with the largest saving; None without one.
        owner: The value of the tag that the setting `groupByTag` names; None without the tag or the setting.
        surroundings: The limits of its region, which the assessment adds; None where nothing was read of them.
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
    code_bytes: int | None = None
    layers_bytes: tuple[int, ...] = ()
    snap_start: bool = False
    versions: tuple[Version, ...] | None = None
    durable: DurableConfig | None = None
    durable_executions: int | None = None
    capacity_provider_arn: str | None = None
    event_sources: tuple[EventSource, ...] | None = None
    function_urls: tuple[FunctionUrl, ...] | None = None
    has_dead_letter_queue: bool = False
    async_config: AsyncConfig | None = None
    may_recurse: bool | None = None
    init: InitUse | None = None
    optimizer: SecondOpinion | None = None
    hub: HubRecommendation | None = None
    owner: str | None = None
    surroundings: RegionFacts | None = None

    @property
    def measured_as_configured(self) -> bool:
        """Return whether all runs had the function's own memory size, not that of an older version."""
        return all(one.memory_mb in (None, self.memory_mb) for one in self.provisioned or ())

    @property
    def is_silent(self) -> bool:
        """Return whether nothing of it ran in the window, so that its own log group got nothing."""
        return self.usage is not None and not self.usage.invocations and self.provisioned == ()

    @property
    def has_own_log_group(self) -> bool:
        """Return whether it writes to `/aws/lambda/<name>`. Anybody may write to a group of another name."""
        return self.log_group_name == f"{LOG_GROUP_PREFIX}{self.name}"

    @property
    def key(self) -> str:
        """Return `region/name`, which is unique in the account."""
        return f"{self.region}/{self.name}"

    def with_activity(self, moment: datetime | None) -> FunctionProfile:
        """Return the profile with `known_since` moved to a moment if that is earlier; None changes nothing."""
        return self if moment is None else replace(self, known_since=min(self.known_since, moment))
