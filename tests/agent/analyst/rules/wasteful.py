"""One function for each rule, for which the rule has a proposal."""

from dataclasses import replace

from agent.analyst.analysis.profile import Architecture, MemorySample, ProvisionedConcurrency
from tests.agent.analyst.analysis.profiles import healthy, logged, used

SILENT = replace(used(invocations=0, duration_ms=0.0, p95_ms=None, p99_ms=None, longest_ms=None), silent_days=120)

WASTEFUL = {
    "idle": healthy(usage=SILENT),
    "errors": healthy(usage=used(errors=500_000)),
    "provisioned-concurrency": healthy(
        provisioned=(ProvisionedConcurrency(qualifier="live", units=10, peak_utilization=0.0),)
    ),
    "memory-excess": healthy(memory=MemorySample(reports=200, peak_mb=100)),
    "architecture": healthy(architecture=Architecture.X86_64),
    "ephemeral-storage": healthy(ephemeral_storage_mb=10_240),
    "log-class": healthy(log_group=logged(incoming_bytes=100 * 1024**3)),
    "log-retention": healthy(log_group=logged(retention_days=None)),
    "memory-pressure": healthy(memory=MemorySample(reports=200, peak_mb=1_000)),
    "timeout-pressure": healthy(usage=used(p99_ms=29_000.0)),
    "throttling": healthy(reserved_concurrency=5, usage=used(throttles=7, peak_concurrency=5)),
    "timeout": healthy(timeout_seconds=900),
    "deprecated-runtime": healthy(runtime="python3.8"),
}
