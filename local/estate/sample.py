"""The sample estate: `make run` analyses it. All its findings are known, computed by hand."""

from __future__ import annotations

from decimal import Decimal

from local.estate.sample_functions import FUNCTIONS
from local.estate.shapes import Estate, Known, advice

MIXED = Estate(
    name="mixed",
    functions=FUNCTIONS,
    # 33.333055 + 146.161357 + 2.452698 + 0.037677 + 357.287493 + 16.763909 + 25.034688 + 0.557488 + 85.166682 +
    # 43.864541 + 21.900175 + 6.161999 = 738.721762, rounded once
    cost=Decimal("738.72"),
    saving=Decimal("452.13"),
    known=(
        Known(
            function="search-indexer",
            rule="provisioned-concurrency",
            saving=Decimal("280.32"),
            category="opportunity",
            because="15% of 20 is 3, plus 10% is 3.3, so 4 remain: 16 x 2 GB x 2,628,000 s x 0.0000033334",
        ),
        Known(
            function="image-resizer",
            rule="memory-excess",
            saving=Decimal("35.37"),
            category="opportunity",
            because="half is 1,536 MB: 1.479167 times as long, (8,711,523.44 - 6,579,980.47) GB-s x 0.0000166667, less "
            "1,421,028.65 s more of 3.5 GB of /tmp x 0.0000000309",
        ),
        Known(
            function="pricing-sync",
            rule="provisioned-concurrency",
            saving=Decimal("43.80"),
            category="opportunity",
            because="5 x 1 GB x 2,628,000 s x 0.0000033334",
        ),
        Known(
            function="telemetry-ingest",
            rule="log-class",
            saving=Decimal("38.02"),
            category="opportunity",
            because="5 GB a day x 30.41667 x (0.50 - 0.25)",
        ),
        Known(
            function="campaign-2024",
            rule="idle",
            saving=Decimal("21.90"),
            category="opportunity",
            because="2 x 1 GB x 2,628,000 s x 0.0000041667",
        ),
        Known(
            function="image-resizer",
            rule="architecture",
            saving=Decimal("21.93"),
            category="opportunity",
            because="6,579,980.47 GB-s after the memory change x 0.0000033333",
        ),
        Known(
            function="checkout-api",
            rule="architecture",
            saving=Decimal("5.83"),
            category="opportunity",
            because="400,000 calls of 144 ms x 30.41667 days x 1 GB x 0.0000033333",
        ),
        Known(
            function="pdf-renderer",
            rule="architecture",
            saving=Decimal("4.96"),
            category="opportunity",
            because="12,000 calls of 2,040 ms x 30.41667 days x 2 GB x 0.0000033333",
        ),
        Known(
            function="image-resizer",
            rule="ephemeral-storage",
            saving=Decimal("0.47"),
            category="minor",
            because="4,386,653.65 s after the memory change x 3.5 GB x 0.0000000309",
        ),
        advice("legacy-export", "idle", "it costs only a few hundred bytes of logs"),
        advice("payment-webhook", "errors", "18,000 of 90,000 runs a day fail; fixing them may save nothing"),
        advice("nightly-report", "deprecated-runtime", "python3.8 was deprecated on 2024-10-14"),
        advice("nightly-report", "log-retention", "nothing is older than 30 days"),
        advice("telemetry-ingest", "log-retention", "it stores less than it writes in 30 days"),
        advice("thumbnail-cache", "memory-pressure", "125 of 128 MB"),
        advice(
            "image-resizer",
            "timeout",
            "60 s for a p99 of 4.0 s, or 5.9 s with less memory: 17.75 s, rounded up to 20 s",
        ),
        advice("pdf-renderer", "timeout", "900 s for a p99 of 4.0 s: 12 s, rounded up to 15 s"),
    ),
)
