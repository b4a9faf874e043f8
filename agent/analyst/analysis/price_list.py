"""Parses products of the AWS Price List API into a region's price table.

A product has one usage type, for example `EUC1-Lambda-GB-Second-ARM`: a prefix for the region (us-east-1 mostly has
none) and a name. Products with anything unknown are ignored; the built-in table then supplies their price.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from types import MappingProxyType
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from agent.analyst.analysis import prices
from agent.analyst.analysis.prices import Meter, PriceTable, Supplement, Tier

SOURCE = "AWS Price List API"

LAMBDA, CLOUDWATCH = "AWSLambda", "AmazonCloudWatch"
"""Service codes of the price lists that contain the meters."""

_USAGE_TYPE = re.compile(r"(?:[A-Z]{2,5}\d*-)?(?P<name>\w.*)")

# Lambda's logs are vended logs since May 2025, and have tiers; DataProcessing-Bytes is the price of other logs.
# Requests and ephemeral storage have one usage type per architecture, but the same price.
_METERS: Mapping[str, Meter] = MappingProxyType(
    {
        "Request": Meter.REQUESTS,
        "Request-ARM": Meter.REQUESTS,
        "Lambda-GB-Second": Meter.DURATION_X86,
        "Lambda-GB-Second-ARM": Meter.DURATION_ARM,
        "Lambda-Provisioned-Concurrency": Meter.PROVISIONED_X86,
        "Lambda-Provisioned-Concurrency-ARM": Meter.PROVISIONED_ARM,
        "Lambda-Provisioned-GB-Second": Meter.PROVISIONED_DURATION_X86,
        "Lambda-Provisioned-GB-Second-ARM": Meter.PROVISIONED_DURATION_ARM,
        "Lambda-Storage-GB-Second": Meter.EPHEMERAL_STORAGE,
        "Lambda-Storage-GB-Second-ARM": Meter.EPHEMERAL_STORAGE,
        "Lambda-SnapStart-Cached-GB-S": Meter.SNAPSTART_CACHE,
        "Lambda-SnapStart-Restored-GB": Meter.SNAPSTART_RESTORE,
        "VendedLog-Bytes": Meter.LOGS_STANDARD,
        "VendedLogIA-Bytes": Meter.LOGS_INFREQUENT_ACCESS,
        "S3-Egress-Bytes": Meter.LOGS_DELIVERY,
        "FH-Egress-Bytes": Meter.LOGS_DELIVERY,
        "TimedStorage-ByteHrs": Meter.LOGS_STORED,
    }
)

# The group of these products is known, and their usage type is not.
_GROUPS: Mapping[str, Meter] = MappingProxyType({"AWS-Lambda-SQS-Event-Poller-Unit-Duration": Meter.SQS_POLLERS})

# Spellings of each meter's unit in the price lists. A price for another unit would be wrong by a factor.
_UNITS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "calls": frozenset({"request", "requests"}),
        "GB-s": frozenset({"lambda-gb-second", "gb-second", "gb-seconds", "second", "seconds"}),
        "GB": frozenset({"gb", "gb-mo"}),
        "hours": frozenset({"event-poller-unit-hour", "event-poller-unit-hours", "hour", "hours", "hrs"}),
    }
)


# The last tier ends at `Inf`.
_Bound = Annotated[Decimal, Field(allow_inf_nan=True)]


class _Price(BaseModel):
    usd: Decimal = Field(alias="USD", gt=0)


class _Dimension(BaseModel):
    unit: str
    begin: _Bound = Field(alias="beginRange")
    end: _Bound = Field(alias="endRange")
    price: _Price = Field(alias="pricePerUnit")


class _Term(BaseModel):
    effective: AwareDatetime = Field(alias="effectiveDate")
    dimensions: dict[str, _Dimension] = Field(alias="priceDimensions")


class _Terms(BaseModel):
    on_demand: dict[str, _Term] = Field(alias="OnDemand", min_length=1)


class _Attributes(BaseModel):
    region: str = Field(alias="regionCode")
    usage_type: str = Field(alias="usagetype")
    group: str = ""


class _Product(BaseModel):
    attributes: _Attributes


class _Entry(BaseModel):
    product: _Product
    terms: _Terms
    published: AwareDatetime = Field(alias="publicationDate")


@dataclass(frozen=True, kw_only=True)
class Priced:
    """The price of one meter, from one product of a price list.

    Attributes:
        meter: The meter.
        tiers: The meter's tiers, lowest first; the first one begins at 0.
        published: The day on which the list was published.
    """

    meter: Meter
    tiers: tuple[Tier, ...]
    published: date


def read(region: str, entry: str) -> Priced | None:
    """Parse an entry of the API's response; None if it prices no known meter of the region.

    Args:
        region: The region whose prices are wanted.
        entry: One product with its terms, as JSON.
    """
    try:
        read_entry = _Entry.model_validate_json(entry)
    except ValidationError:
        return None
    attributes = read_entry.product.attributes
    named = _USAGE_TYPE.fullmatch(attributes.usage_type)
    meter = (_METERS.get(named["name"]) if named else None) or _GROUPS.get(attributes.group)
    if meter is None or attributes.region != region:
        return None
    terms = sorted(read_entry.terms.on_demand.values(), key=lambda term: term.effective)
    in_force = [term for term in terms if term.effective <= read_entry.published]
    tiers = _tiers(meter, in_force[-1] if in_force else terms[0])
    return Priced(meter=meter, tiers=tiers, published=read_entry.published.date()) if tiers else None


def table(region: str, found: Iterable[Priced]) -> PriceTable | None:
    """Build a region's table from its price list, with the built-in table for missing meters; None if all are missing.

    If several products price one meter, the cheapest is used, so that no saving is overstated.
    """
    found = sorted(found, key=lambda priced: [tier.usd for tier in priced.tiers], reverse=True)
    listed = {priced.meter: priced.tiers for priced in found}
    if not listed:
        return None
    dated = prices.for_region(region)
    lacking = frozenset(Meter).difference(listed)
    return PriceTable(
        region=region,
        as_of=max(priced.published for priced in found),
        source=SOURCE,
        tiers={meter: listed.get(meter) or dated.tiers[meter] for meter in Meter},
        borrowed=dated.borrowed & lacking,
        supplement=Supplement(as_of=dated.as_of, source=dated.source, meters=lacking) if lacking else None,
    )


def _tiers(meter: Meter, term: _Term) -> tuple[Tier, ...]:
    """Return a term's tiers; none if the unit is unknown or the tiers do not cover every volume."""
    dimensions = sorted(term.dimensions.values(), key=lambda dimension: dimension.begin)
    bounds = [Decimal(0), *(dimension.end for dimension in dimensions)]
    seamless = all(dimension.begin == end for dimension, end in zip(dimensions, bounds, strict=False))
    known = all(dimension.unit.lower() in _UNITS[meter.unit] for dimension in dimensions)
    rising = all(lower < upper for lower, upper in pairwise(bounds))
    if not (seamless and known and rising and bounds[-1].is_infinite()):
        return ()
    return tuple(Tier(above=dimension.begin, usd=dimension.price.usd) for dimension in dimensions)
