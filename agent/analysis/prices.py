"""What AWS charges: a dated table of list prices per region, and the rates that a given volume comes to.

Prices are before free tier, Savings Plans and other discounts: these belong to an account, not to a function.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType


class Meter(StrEnum):
    """What AWS meters."""

    REQUESTS = "requests"
    DURATION_X86 = "x86_64 duration"
    DURATION_ARM = "arm64 duration"
    PROVISIONED_X86 = "x86_64 provisioned concurrency"
    PROVISIONED_ARM = "arm64 provisioned concurrency"
    PROVISIONED_DURATION_X86 = "x86_64 duration on provisioned concurrency"
    PROVISIONED_DURATION_ARM = "arm64 duration on provisioned concurrency"
    EPHEMERAL_STORAGE = "ephemeral storage above 512 MB"
    LOGS_STANDARD = "log ingestion, standard class"
    LOGS_INFREQUENT_ACCESS = "log ingestion, infrequent-access class"
    LOGS_STORED = "log storage, compressed"

    @property
    def unit(self) -> str:
        """What is counted in a month."""
        match self:
            case Meter.REQUESTS:
                return "calls"
            case Meter.LOGS_STANDARD | Meter.LOGS_INFREQUENT_ACCESS | Meter.LOGS_STORED:
                return "GB"
            case _:
                return "GB-s"


@dataclass(frozen=True, kw_only=True)
class Tier:
    """A stretch of a month's volume and what a unit in it costs.

    Attributes:
        above: Volume at which it begins.
        usd: Price of one unit.
    """

    above: Decimal
    usd: Decimal


Rates = Mapping[Meter, Decimal]
"""USD for one unit of each meter."""

Volumes = Mapping[Meter, Decimal]
"""Units of each meter in a month."""


@dataclass(frozen=True, kw_only=True)
class PriceTable:
    """One region's list prices.

    Attributes:
        region: Whose prices they are.
        as_of: The day on which they were read.
        source: Where.
        tiers: Each meter's tiers, lowest first, the first one from 0.
    """

    region: str
    as_of: date
    source: str
    tiers: Mapping[Meter, tuple[Tier, ...]]

    def average_rates(self, volumes: Volumes) -> Rates:
        """What a unit costs on average when a month's volumes are billed tier by tier: for attributing a bill."""
        return {meter: _average(tiers, volumes.get(meter, Decimal(0))) for meter, tiers in self.tiers.items()}

    def marginal_rates(self, volumes: Volumes) -> Rates:
        """What the last unit costs: for what is saved, since a saving comes off the cheapest tier first."""
        return {meter: _marginal(tiers, volumes.get(meter, Decimal(0))) for meter, tiers in self.tiers.items()}


def _average(tiers: tuple[Tier, ...], volume: Decimal) -> Decimal:
    if volume <= 0:
        return tiers[0].usd
    ends = [tier.above for tier in tiers[1:]] + [max(volume, tiers[-1].above)]
    billed = sum(
        (max(Decimal(0), min(volume, end) - tier.above) * tier.usd for tier, end in zip(tiers, ends, strict=True)),
        Decimal(0),
    )
    return billed / volume


def _marginal(tiers: tuple[Tier, ...], volume: Decimal) -> Decimal:
    return next(tier.usd for tier in reversed(tiers) if tier is tiers[0] or volume > tier.above)


def _flat(usd: str) -> tuple[Tier, ...]:
    return (Tier(above=Decimal(0), usd=Decimal(usd)),)


def _tiers(*tiers: tuple[str, str]) -> tuple[Tier, ...]:
    return tuple(Tier(above=Decimal(above), usd=Decimal(usd)) for above, usd in tiers)


_BILLION = "000000000"
_TERABYTE = 1_024  # in the GB of CloudWatch's tiers

_US_EAST_1 = PriceTable(
    region="us-east-1",
    as_of=date(2026, 11, 1),
    source="https://aws.amazon.com/lambda/pricing/ and https://aws.amazon.com/cloudwatch/pricing/",
    tiers=MappingProxyType(
        {
            Meter.REQUESTS: _flat("0.0000002"),
            Meter.DURATION_X86: _tiers(
                ("0", "0.0000166667"), ("6" + _BILLION, "0.000015"), ("15" + _BILLION, "0.0000133334")
            ),
            Meter.DURATION_ARM: _tiers(
                ("0", "0.0000133334"), ("7500000000", "0.0000120001"), ("18750000000", "0.0000106667")
            ),
            Meter.PROVISIONED_X86: _flat("0.0000041667"),
            Meter.PROVISIONED_ARM: _flat("0.0000033334"),
            Meter.PROVISIONED_DURATION_X86: _flat("0.0000097222"),
            Meter.PROVISIONED_DURATION_ARM: _flat("0.0000077778"),
            Meter.EPHEMERAL_STORAGE: _flat("0.0000000309"),
            Meter.LOGS_STANDARD: _tiers(
                ("0", "0.50"),
                (str(10 * _TERABYTE), "0.25"),
                (str(30 * _TERABYTE), "0.10"),
                (str(50 * _TERABYTE), "0.05"),
            ),
            Meter.LOGS_INFREQUENT_ACCESS: _tiers(
                ("0", "0.25"),
                (str(10 * _TERABYTE), "0.15"),
                (str(30 * _TERABYTE), "0.075"),
                (str(50 * _TERABYTE), "0.05"),
            ),
            Meter.LOGS_STORED: _flat("0.03"),
        }
    ),
)

TABLES: Mapping[str, PriceTable] = MappingProxyType({_US_EAST_1.region: _US_EAST_1})


def for_region(region: str) -> PriceTable:
    """The table that prices a region.

    A region without one is priced as us-east-1, the cheapest of all, so that no saving is overstated; the table that is
    returned then still carries us-east-1's name, for the report to say so.
    """
    return TABLES.get(region, _US_EAST_1)


def refreshed(table: PriceTable, *, as_of: date, source: str, usd: Mapping[Meter, tuple[Tier, ...]]) -> PriceTable:
    """The table with newer prices for some of its meters."""
    return replace(table, as_of=as_of, source=source, tiers=MappingProxyType({**table.tiers, **usd}))
