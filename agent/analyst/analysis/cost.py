"""Computes what a function costs in a month: the units that AWS meters for it, times their rates."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from agent.analyst.analysis.facts.configuration import Version
from agent.analyst.analysis.prices import Meter, Rates, Volumes
from agent.analyst.analysis.profile import (
    HOURS_PER_MONTH,
    SECONDS_PER_MONTH,
    Architecture,
    FunctionProfile,
    LogClass,
    LogGroup,
    ProvisionedConcurrency,
    Window,
)

CENT = Decimal("0.01")
FREE_EPHEMERAL_STORAGE_MB = 512
# Log storage is billed compressed; AWS's price calculator uses this ratio of stored to ingested bytes.
LOG_COMPRESSION = Decimal("0.15")
# https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html#snapstart-pricing
_FREE_SNAPSHOTS = "java"

_MB_PER_GB = 1_024
_BYTES_PER_GB = 1_024**3

_DURATION = {Architecture.X86_64: Meter.DURATION_X86, Architecture.ARM64: Meter.DURATION_ARM}
_PROVISIONED = {Architecture.X86_64: Meter.PROVISIONED_X86, Architecture.ARM64: Meter.PROVISIONED_ARM}
_PROVISIONED_DURATION = {
    Architecture.X86_64: Meter.PROVISIONED_DURATION_X86,
    Architecture.ARM64: Meter.PROVISIONED_DURATION_ARM,
}
_INGESTION = {
    LogClass.STANDARD: Meter.LOGS_STANDARD,
    LogClass.INFREQUENT_ACCESS: Meter.LOGS_INFREQUENT_ACCESS,
    LogClass.DELIVERY: Meter.LOGS_DELIVERY,
}


def volumes(profile: FunctionProfile) -> Volumes:
    """Return what AWS meters for a function in a month, without meters at zero.

    Usage is projected from the window to a month of 730 hours. Not counted: data that could not be read, log groups of
    an unknown class, the state of durable executions, and the EC2 instances of functions on Lambda Managed Instances.
    """
    metered = {
        **_compute(profile),
        **_provisioned(profile),
        **_snapshots(profile),
        **_pollers(profile),
        **({} if profile.log_group is None else of_log_group(profile.log_group, profile.window)),
    }
    return {meter: volume for meter, volume in metered.items() if volume}


def initialisation_seconds(profile: FunctionProfile) -> Decimal:
    """Return the time that new instances take to start in a month, which AWS bills like the duration of runs."""
    init = profile.init
    if init is None or not init.reports:
        return Decimal(0)
    sampled_ms = init.cold_starts * init.init_ms + init.restores * init.restore_ms
    return _of_all_runs(profile, Decimal(str(sampled_ms)) / 1_000)


def cold_starts(profile: FunctionProfile) -> Decimal:
    """Return the number of initialisations in a month."""
    return _of_all_runs(profile, Decimal(profile.init.cold_starts if profile.init else 0))


def has_billed_snapshot(version: Version) -> bool:
    """Return whether AWS bills the version's SnapStart snapshot. Snapshots of Java are free."""
    return version.snap_start and not (version.runtime or "").startswith(_FREE_SNAPSHOTS)


def added(metered: Iterable[Volumes]) -> Volumes:
    """Add up the volumes of several functions: AWS counts price tiers per account, not per function."""
    totals: dict[Meter, Decimal] = {}
    for one in metered:
        for meter, volume in one.items():
            totals[meter] = totals.get(meter, Decimal(0)) + volume
    return totals


def priced(metered: Volumes, rates: Rates) -> Decimal:
    """Return what volumes cost, in USD, not rounded."""
    return sum((volume * rates[meter] for meter, volume in metered.items()), Decimal(0))


def rounded(usd: Decimal) -> Decimal:
    """Round a cost to the nearest cent."""
    return usd.quantize(CENT, ROUND_HALF_UP)


def rounded_saving(usd: Decimal) -> Decimal:
    """Round a saving down to the cent, so that savings never add up to more than the cost."""
    return usd.quantize(CENT, ROUND_DOWN)


def _compute(profile: FunctionProfile) -> dict[Meter, Decimal]:
    usage = profile.usage
    if usage is None:
        return {}
    per_month = profile.window.per_month
    metered = {Meter.REQUESTS: usage.invocations * per_month}
    if profile.managed_instances:
        return metered
    seconds = Decimal(str(usage.duration_ms)) / 1_000 * per_month
    provisioned = profile.provisioned or ()
    served = sum(one.invocations for one in provisioned)
    # CloudWatch may count more runs on provisioned instances than runs in total.
    runs = max(usage.invocations, served, 1)
    on_demand = seconds * (runs - served) / runs + initialisation_seconds(profile)
    metered[_DURATION[profile.architecture]] = on_demand * profile.memory_mb / _MB_PER_GB
    for one in provisioned:
        meter = _PROVISIONED_DURATION[_architecture(profile, one)]
        gb_seconds = seconds * one.invocations / runs * _memory_mb(profile, one) / _MB_PER_GB
        metered[meter] = metered.get(meter, Decimal(0)) + gb_seconds
    extra_storage_mb = max(0, profile.ephemeral_storage_mb - FREE_EPHEMERAL_STORAGE_MB)
    metered[Meter.EPHEMERAL_STORAGE] = seconds * extra_storage_mb / _MB_PER_GB
    return metered


def _of_all_runs(profile: FunctionProfile, sampled: Decimal) -> Decimal:
    """Project an amount from the sample of REPORT lines to a month."""
    if profile.init is None or profile.usage is None or not profile.init.reports:
        return Decimal(0)
    return sampled / profile.init.reports * profile.usage.invocations * profile.window.per_month


def _snapshots(profile: FunctionProfile) -> dict[Meter, Decimal]:
    cached_mb = sum(version.memory_mb for version in profile.versions or () if has_billed_snapshot(version))
    metered = {Meter.SNAPSTART_CACHE: Decimal(cached_mb) / _MB_PER_GB * SECONDS_PER_MONTH}
    if profile.init is not None and not (profile.runtime or "").startswith(_FREE_SNAPSHOTS):
        restores = _of_all_runs(profile, Decimal(profile.init.restores))
        metered[Meter.SNAPSTART_RESTORE] = restores * profile.memory_mb / _MB_PER_GB
    return metered


def _pollers(profile: FunctionProfile) -> dict[Meter, Decimal]:
    """Return the hours of event pollers. Those of Kafka are billed by a unit that its throughput decides."""
    sources = [source for source in profile.event_sources or () if source.enabled and source.service == "sqs"]
    return {Meter.SQS_POLLERS: Decimal(sum(source.minimum_pollers or 0 for source in sources) * HOURS_PER_MONTH)}


def _provisioned(profile: FunctionProfile) -> dict[Meter, Decimal]:
    metered: dict[Meter, Decimal] = {}
    for one in profile.provisioned or ():
        meter = _PROVISIONED[_architecture(profile, one)]
        gb_seconds = Decimal(one.units * _memory_mb(profile, one)) / _MB_PER_GB * SECONDS_PER_MONTH
        metered[meter] = metered.get(meter, Decimal(0)) + gb_seconds
    return {} if profile.managed_instances else metered


def _memory_mb(profile: FunctionProfile, provisioned: ProvisionedConcurrency) -> int:
    return profile.memory_mb if provisioned.memory_mb is None else provisioned.memory_mb


def _architecture(profile: FunctionProfile, provisioned: ProvisionedConcurrency) -> Architecture:
    return profile.architecture if provisioned.architecture is None else provisioned.architecture


def of_log_group(group: LogGroup, window: Window) -> Volumes:
    """Return what AWS meters for a log group in a month; nothing if its class is not known."""
    ingestion = _INGESTION.get(group.log_class)
    if ingestion is None:
        return {}
    # Of the delivery class nothing is stored longer than a day.
    stored = 0 if group.log_class is LogClass.DELIVERY else group.stored_bytes
    metered = {Meter.LOGS_STORED: Decimal(stored) / _BYTES_PER_GB * LOG_COMPRESSION}
    if group.incoming_bytes is not None:
        metered[ingestion] = Decimal(group.incoming_bytes) / _BYTES_PER_GB * window.per_month
    return metered
