"""One function for each rule, for which the rule has a proposal."""

from dataclasses import replace

from agent.analyst.analysis.facts.configuration import AsyncConfig, EventSource, Version
from agent.analyst.analysis.facts.second_opinion import SecondOpinion, Verdict
from agent.analyst.analysis.facts.use import InitUse
from agent.analyst.analysis.profile import Architecture, MemorySample, ProvisionedConcurrency
from tests.agent.analyst.analysis.profiles import END, LONG_AGO, ROOMY_REGION, healthy, logged, used

SILENT = replace(used(invocations=0, duration_ms=0.0, p95_ms=None, p99_ms=None, longest_ms=None), silent_days=120)

QUEUE = EventSource(service="sqs", arn="arn:aws:sqs:us-east-1:123456789012:orders", enabled=True)


def published(number: int, **changes) -> Version:
    """Return a version of 50 MB of code with a snapshot of Python, and some attributes replaced."""
    version = Version(
        number=str(number),
        published=LONG_AGO,
        memory_mb=1_024,
        code_bytes=50 * 1_024**2,
        snap_start=True,
        runtime="python3.14",
    )
    return replace(version, **changes)


WASTEFUL = {
    "idle": healthy(usage=SILENT),
    "errors": healthy(usage=used(errors=500_000)),
    "retries": healthy(
        usage=used(errors=600_000, async_events=400_000), async_config=AsyncConfig(retries=2, keeps_failures=False)
    ),
    "extensions": healthy(layers=("arn:layer",), usage=used(extensions_ms=200_000_000.0)),
    "snapstart": healthy(runtime="java25", init=InitUse(reports=200, cold_starts=20, init_ms=6_000.0)),
    "cold-starts": healthy(init=InitUse(reports=200, cold_starts=20, init_ms=6_000.0)),
    "provisioned-concurrency": healthy(
        provisioned=(ProvisionedConcurrency(qualifier="live", units=10, peak_utilization=0.0),)
    ),
    "memory-excess": healthy(memory=MemorySample(reports=200, peak_mb=100)),
    "compute-optimizer": healthy(
        optimizer=SecondOpinion(verdict=Verdict.NOT_OPTIMIZED, reasons=("MemoryOverprovisioned",), memory_mb=896)
    ),
    "architecture": healthy(architecture=Architecture.X86_64),
    "ephemeral-storage": healthy(ephemeral_storage_mb=10_240),
    # 365 hours are 1,314,000 s, so 2.5 instances run on average.
    "steady-concurrency": healthy(usage=used(duration_ms=3_285_000_000.0, peak_concurrency=3)),
    "snapstart-cache": healthy(has_versions=True, versions=tuple(published(number) for number in range(1, 5))),
    "idle-polling": healthy(usage=SILENT, known_since=END, event_sources=(QUEUE,)),
    "log-class": healthy(log_group=logged(incoming_bytes=100 * 1024**3)),
    "log-delivery": healthy(log_group=logged(incoming_bytes=100 * 1024**3, subscription_filters=1)),
    "log-retention": healthy(log_group=logged(retention_days=None)),
    "memory-pressure": healthy(memory=MemorySample(reports=200, peak_mb=1_000)),
    "timeout-pressure": healthy(usage=used(p99_ms=29_000.0)),
    "throttling": healthy(reserved_concurrency=5, usage=used(throttles=7, peak_concurrency=5)),
    "timeout": healthy(timeout_seconds=900),
    "deprecated-runtime": healthy(runtime="python3.8"),
    "reserved-concurrency": healthy(reserved_concurrency=500, usage=used(peak_concurrency=9)),
    "recursion": healthy(may_recurse=True),
    "old-versions": healthy(
        has_versions=True,
        versions=tuple(published(number, snap_start=False) for number in range(1, 25)),
        surroundings=replace(ROOMY_REGION, code_bytes=70 * 1024**3),
    ),
}
