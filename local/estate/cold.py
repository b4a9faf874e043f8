"""An estate whose cold starts cost more than its runs."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from local.estate.shapes import Estate, Known, Shape, advice

_JAVA = Shape(
    name="java-api",
    about="every fourth run starts cold and takes 4 s for it; SnapStart is free for its runtime",
    runtime="java25",
    memory_mb=1024,
    memory_used_mb=800,
    calls_per_day=60_000,
    duration_ms=((300, 1_000),),
    cold_every=4,
    init_ms=4_000,
)

COLD = Estate(
    name="cold",
    functions=(_JAVA, replace(_JAVA, name="python-api", about="the same with Python", runtime="python3.14")),
    # Each: 1,825,000 requests x 0.0000002 = 0.365; runs 547,500 GB-s x 0.0000133334 = 7.300037; cold starts
    # 456,250 x 4 s x 1 GB = 1,825,000 GB-s x 0.0000133334 = 24.333455; logs 0.029704 GB x 0.50 = 0.014852.
    # 2 x 32.013344 = 64.026688, rounded once
    cost=Decimal("64.03"),
    saving=Decimal("21.90"),
    known=(
        Known(
            function="java-api",
            rule="snapstart",
            saving=Decimal("21.90"),
            category="opportunity",
            because="nine tenths of 1,825,000 GB-s x 0.0000133334",
        ),
        advice("python-api", "cold-starts", "SnapStart costs more than it saves for Python"),
    ),
)
