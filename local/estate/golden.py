"""More estates with known findings: extreme accounts for tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from local.estate.cold import COLD
from local.estate.sample import MIXED
from local.estate.shapes import Estate, Known, Provisioned, Shape, advice

EMPTY = Estate(name="empty", functions=(), cost=Decimal("0.00"), saving=Decimal("0.00"))

SINGLE = Estate(
    name="single",
    functions=(
        Shape(
            name="invoice-mailer",
            about="all savings that can overlap on one function",
            runtime="python3.8",
            architecture="x86_64",
            memory_mb=1024,
            memory_used_mb=300,
            timeout_seconds=300,
            calls_per_day=50_000,
            duration_ms=((1_000, 1_000),),
            log_retention_days=None,
        ),
    ),
    cost=Decimal("25.67"),
    saving=Decimal("10.13"),
    known=(
        Known(
            function="invoice-mailer",
            rule="memory-excess",
            saving=Decimal("6.33"),
            category="opportunity",
            because="half is 512 MB, which takes 1.5 times as long: a quarter of 1,520,833.33 GB-s x 0.0000166667",
        ),
        Known(
            function="invoice-mailer",
            rule="architecture",
            saving=Decimal("3.80"),
            category="opportunity",
            because="the other three quarters, 1,140,625 GB-s, x 0.0000033333",
        ),
        advice("invoice-mailer", "log-retention", "nothing is older than 30 days"),
        advice("invoice-mailer", "timeout", "300 s for a p99 of 1.5 s"),
        advice("invoice-mailer", "deprecated-runtime", "python3.8 was deprecated on 2024-10-14"),
    ),
)

_DORMANT = Shape(name="dormant", about="deployed but never called", log_bytes_per_day=None)
_STEADY = Shape(name="steady", about="small and healthy, without logs", calls_per_day=1_000, log_bytes_per_day=None)
_X86 = Shape(
    name="x86",
    about="on the more expensive processor",
    architecture="x86_64",
    memory_mb=1024,
    calls_per_day=20_000,
    duration_ms=((500, 1_000),),
    log_bytes_per_day=None,
)
_OVERSIZED = Shape(
    name="oversized",
    about="has six times the memory that it needs",
    memory_mb=2048,
    memory_used_mb=300,
    calls_per_day=30_000,
    duration_ms=((400, 1_000),),
)
_FORGOTTEN = Shape(
    name="forgotten",
    about="idle with provisioned concurrency",
    memory_mb=1024,
    provisioned=(Provisioned(alias="live", units=1, peak_utilization=0.0),),
    last_ran_days_ago=30,
)


def _numbered(shape: Shape, count: int) -> tuple[Shape, ...]:
    return tuple(replace(shape, name=f"{shape.name}-{number:03d}") for number in range(count))


def _known(shape: Shape, count: int, rule: str, saving: str, because: str) -> tuple[Known, ...]:
    return tuple(
        Known(function=one.name, rule=rule, saving=Decimal(saving), category="opportunity", because=because)
        for one in _numbered(shape, count)
    )


THOUSAND = Estate(
    name="thousand",
    functions=(
        *_numbered(_DORMANT, 800),
        *_numbered(_STEADY, 60),
        *_numbered(_X86, 80),
        *_numbered(_OVERSIZED, 40),
        *_numbered(_FORGOTTEN, 20),
    ),
    # 60 x 0.016222 + 80 x 5.191121 + 40 x 9.930734 + 20 x 8.760175 = 988.695896, rounded once
    cost=Decimal("988.70"),
    # 80 x 1.01 + 40 x 2.43 + 20 x 8.76
    saving=Decimal("353.20"),
    known=(
        *_known(_X86, 80, "architecture", "1.01", "304,166.67 GB-s x 0.0000033333"),
        *_known(
            _OVERSIZED,
            40,
            "memory-excess",
            "2.43",
            "half is 1,024 MB, which takes 1.5 times as long: a quarter of 730,000 GB-s x 0.0000133334",
        ),
        *_known(_FORGOTTEN, 20, "idle", "8.76", "1 GB x 2,628,000 s x 0.0000033334"),
    ),
    # The 140 functions that run without logs, and the idle functions beyond the first hundred.
    lacking=("logs:FilterLogEvents", "lambda:ListFunctionUrlConfigs"),
)

HALF_DENIED = Estate(
    name="half-denied",
    functions=MIXED.functions,
    # Without logs and provisioned concurrency, because reading them is denied:
    # 31.633392 + 145.878080 + 2.027782 + 0.022825 + 11.213666 + 15.914077 +
    # 24.893050 + 0.486668 + 9.125015 + 0.048813 + 5.028890 = 246.272258, rounded once
    cost=Decimal("246.27"),
    saving=Decimal("39.82"),
    known=(
        Known(
            function="image-resizer",
            rule="architecture",
            saving=Decimal("29.03"),
            category="opportunity",
            because="memory use is unknown, so all 8,711,523 GB-s x 0.0000033333",
        ),
        Known(
            function="image-resizer",
            rule="ephemeral-storage",
            saving=Decimal("0.32"),
            category="minor",
            because="2,965,625 s x 3.5 GB x 0.0000000309",
        ),
        *(
            known
            for known in MIXED.known
            if (known.function, known.rule)
            in {
                ("checkout-api", "architecture"),
                ("pdf-renderer", "architecture"),
                ("payment-webhook", "errors"),
                ("nightly-report", "deprecated-runtime"),
                ("image-resizer", "timeout"),
                ("pdf-renderer", "timeout"),
            }
        ),
        advice("legacy-export", "deprecated-runtime", "its age is unknown, so it may be new instead of idle"),
    ),
    denied=(
        "lambda:ListProvisionedConcurrencyConfigs",
        "lambda:ListEventSourceMappings",
        "logs:DescribeLogGroups",
        "logs:FilterLogEvents",
    ),
)

ESTATES: Mapping[str, Estate] = {estate.name: estate for estate in (EMPTY, SINGLE, MIXED, THOUSAND, HALF_DENIED, COLD)}
