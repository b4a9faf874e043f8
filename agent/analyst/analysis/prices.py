"""AWS's list prices: a built-in table per region with its date, and average rates over price tiers.

Prices are before the free tier, Savings Plans and other discounts, which belong to an account and not to a function.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType


class Meter(StrEnum):
    """Something that AWS meters and bills."""

    REQUESTS = "requests"
    DURATION_X86 = "x86_64 duration"
    DURATION_ARM = "arm64 duration"
    PROVISIONED_X86 = "x86_64 provisioned concurrency"
    PROVISIONED_ARM = "arm64 provisioned concurrency"
    PROVISIONED_DURATION_X86 = "x86_64 duration on provisioned concurrency"
    PROVISIONED_DURATION_ARM = "arm64 duration on provisioned concurrency"
    EPHEMERAL_STORAGE = "ephemeral storage above 512 MB"
    SNAPSTART_CACHE = "cache of SnapStart snapshots"
    SNAPSTART_RESTORE = "restores of SnapStart snapshots"
    SQS_POLLERS = "provisioned event pollers of SQS queues"
    LOGS_STANDARD = "log ingestion, standard class"
    LOGS_INFREQUENT_ACCESS = "log ingestion, infrequent-access class"
    LOGS_DELIVERY = "log delivery to S3 or Firehose"
    LOGS_STORED = "log storage, compressed"

    @property
    def unit(self) -> str:
        """Return the unit that is counted."""
        match self:
            case Meter.REQUESTS:
                return "calls"
            case Meter.SQS_POLLERS:
                return "hours"
            case Meter.SNAPSTART_RESTORE | Meter.LOGS_STANDARD | Meter.LOGS_INFREQUENT_ACCESS:
                return "GB"
            case Meter.LOGS_DELIVERY | Meter.LOGS_STORED:
                return "GB"
            case _:
                return "GB-s"


@dataclass(frozen=True, kw_only=True)
class Tier:
    """A price tier.

    Attributes:
        above: Volume of a month above which the tier applies.
        usd: Price of one unit in USD.
    """

    above: Decimal
    usd: Decimal


Rates = Mapping[Meter, Decimal]
"""USD for one unit of each meter."""

Volumes = Mapping[Meter, Decimal]
"""Units of each meter in a month."""


@dataclass(frozen=True, kw_only=True)
class Supplement:
    """Prices of a table that come from another source.

    Attributes:
        as_of: The day on which they were read.
        source: Where they were read.
        meters: The meters that they price.
    """

    as_of: date
    source: str
    meters: frozenset[Meter]


@dataclass(frozen=True, kw_only=True)
class PriceTable:
    """One region's list prices.

    Attributes:
        region: The region.
        as_of: The day on which the prices were read.
        source: Where they were read.
        tiers: Each meter's tiers, lowest first; the first one begins at 0.
        borrowed: Meters that use the price of us-east-1, because the region's own is not known. No region is cheaper,
            so no saving is overstated.
        supplement: Prices that the source does not contain; None if it contains all.
    """

    region: str
    as_of: date
    source: str
    tiers: Mapping[Meter, tuple[Tier, ...]]
    borrowed: frozenset[Meter] = frozenset()
    supplement: Supplement | None = None

    def average_rates(self, volumes: Volumes) -> Rates:
        """Return what a unit costs on average when a month's volumes are billed by tier."""
        return self.rates_between({}, volumes)

    def rates_between(self, before: Volumes, after: Volumes) -> Rates:
        """Return what a unit costs on average within the difference of two months' volumes.

        Each meter's bill changes by exactly this rate times the difference, because AWS counts tiers over all functions
        of an account (or of an organisation with consolidated billing) in one region, per processor. A meter that does
        not change has the price of its last unit.
        """
        none = Decimal(0)
        return {
            meter: _average(tiers, *sorted((before.get(meter, none), after.get(meter, none))))
            for meter, tiers in self.tiers.items()
        }


def _average(tiers: tuple[Tier, ...], low: Decimal, high: Decimal) -> Decimal:
    """Return the average price of the units between two volumes; the price of the last unit if they are equal."""
    if low == high:
        return next(tier.usd for tier in reversed(tiers) if tier is tiers[0] or high > tier.above)
    ends = [*(tier.above for tier in tiers[1:]), max(high, tiers[-1].above)]
    billed = [
        (min(high, end) - max(low, tier.above), tier.usd)
        for tier, end in zip(tiers, ends, strict=True)
        if min(high, end) > max(low, tier.above)
    ]
    if len(billed) == 1:  # a division might not return exactly its price
        return billed[0][1]
    return sum((units * usd for units, usd in billed), Decimal(0)) / (high - low)


_AS_OF = date(2026, 8, 21)
_SOURCE = "https://aws.amazon.com/lambda/pricing/ and https://aws.amazon.com/cloudwatch/pricing/"

_BILLION = 10**9
_TERABYTE = 1_024  # in GB

_X86_TIERS = (0, 6 * _BILLION, 15 * _BILLION)
_ARM_TIERS = (0, 7_500_000_000, 18_750_000_000)
_LOG_TIERS = (0, 10 * _TERABYTE, 30 * _TERABYTE, 50 * _TERABYTE)


def _tiers(above: tuple[int, ...], *usd: str) -> tuple[Tier, ...]:
    return tuple(Tier(above=Decimal(start), usd=Decimal(price)) for start, price in zip(above, usd, strict=True))


def _flat(usd: str) -> tuple[Tier, ...]:
    return _tiers((0,), usd)


_US_EAST_1: Mapping[Meter, tuple[Tier, ...]] = MappingProxyType(
    {
        Meter.REQUESTS: _flat("0.0000002"),
        Meter.DURATION_X86: _tiers(_X86_TIERS, "0.0000166667", "0.000015", "0.0000133334"),
        Meter.DURATION_ARM: _tiers(_ARM_TIERS, "0.0000133334", "0.0000120001", "0.0000106667"),
        Meter.PROVISIONED_X86: _flat("0.0000041667"),
        Meter.PROVISIONED_ARM: _flat("0.0000033334"),
        Meter.PROVISIONED_DURATION_X86: _flat("0.0000097222"),
        Meter.PROVISIONED_DURATION_ARM: _flat("0.0000077778"),
        Meter.EPHEMERAL_STORAGE: _flat("0.0000000309"),
        Meter.SNAPSTART_CACHE: _flat("0.0000015046"),
        Meter.SNAPSTART_RESTORE: _flat("0.0001397998"),
        Meter.SQS_POLLERS: _flat("0.00925"),
        Meter.LOGS_STANDARD: _tiers(_LOG_TIERS, "0.50", "0.25", "0.10", "0.05"),
        Meter.LOGS_INFREQUENT_ACCESS: _tiers(_LOG_TIERS, "0.25", "0.15", "0.075", "0.05"),
        Meter.LOGS_DELIVERY: _tiers(_LOG_TIERS, "0.25", "0.15", "0.075", "0.05"),
        Meter.LOGS_STORED: _flat("0.03"),
    }
)
_ON_DEMAND = frozenset({Meter.REQUESTS, Meter.DURATION_X86, Meter.DURATION_ARM})

# Regions with all prices of us-east-1, and regions with its prices for requests and on-demand duration only.
_SAME_THROUGHOUT = ("us-east-1", "us-east-2", "us-west-2")
_SAME_ON_DEMAND = (
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-west-1",
)

TABLES: Mapping[str, PriceTable] = MappingProxyType(
    {
        **{
            region: PriceTable(region=region, as_of=_AS_OF, source=_SOURCE, tiers=_US_EAST_1)
            for region in _SAME_THROUGHOUT
        },
        **{
            region: PriceTable(
                region=region, as_of=_AS_OF, source=_SOURCE, tiers=_US_EAST_1, borrowed=frozenset(Meter) - _ON_DEMAND
            )
            for region in _SAME_ON_DEMAND
        },
    }
)


def for_region(region: str) -> PriceTable:
    """Return the built-in table of a region; for an unknown region, one with all prices of us-east-1."""
    return TABLES.get(region) or PriceTable(
        region=region, as_of=_AS_OF, source=_SOURCE, tiers=_US_EAST_1, borrowed=frozenset(Meter)
    )
