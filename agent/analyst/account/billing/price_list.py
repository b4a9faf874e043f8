"""Reads current prices from the AWS Price List API.

The list is optional: if it cannot be read, the built-in table is used and the report shows a gap.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from agent.analyst.account.clients import Clients
from agent.analyst.account.reading import Reading
from agent.analyst.analysis import price_list
from agent.analyst.analysis.estate import Gap
from agent.analyst.analysis.price_list import Priced
from agent.analyst.analysis.prices import PriceTable

# A region's list has about 200 products of Lambda and about 100 of CloudWatch; a page has 100.
MAX_PAGES = 10
# For all regions together. A request that has begun is still waited for.
SECONDS = 30.0

_SOURCE = "pricing:GetProducts"
_EFFECT = "missing prices are taken from the built-in table"

# The API has three endpoints with the prices of all regions; the agent uses the nearest one. Other partitions (China,
# GovCloud, the sovereign ones) have no endpoint, or one that does not return USD.
_ENDPOINTS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("ca", "mx", "sa", "us"), "us-east-1"),
        **dict.fromkeys(("af", "eu", "il", "me"), "eu-central-1"),
        "ap": "ap-south-1",
    }
)


def endpoint_region(region: str) -> str | None:
    """Return the region of the nearest endpoint of the Price List API; None if the partition has none."""
    continent, _, rest = region.partition("-")
    # Regions of the other partitions have a further part: us-gov-west-1, us-iso-east-1, eu-isoe-west-1.
    return _ENDPOINTS.get(continent) if rest.count("-") == 1 else None


def read_tables(
    clients: Clients, reading: Reading, regions: Sequence[str], *, monotonic: Callable[[], float] = time.monotonic
) -> tuple[PriceTable, ...]:
    """Read the price tables of regions. A table that cannot be read is missing and becomes a gap.

    Args:
        clients: Clients of the analysed account.
        reading: Holds the stop signal, the time budget and the gaps.
        regions: The regions whose prices are wanted.
        monotonic: Returns the seconds of a monotonic clock.

    Raises:
        StoppedError: The run must stop.
    """
    endpoint = endpoint_region(clients.region)
    if endpoint is None:
        for region in regions:
            reading.add(_gap(region, "the partition has no price list in USD"))
        return ()
    client, until = clients.get("pricing", endpoint), monotonic() + SECONDS

    def in_time() -> bool:
        return monotonic() < until

    def read_region(region: str) -> PriceTable | None:
        return price_list.table(
            region,
            [
                priced
                for service in (price_list.LAMBDA, price_list.CLOUDWATCH)
                for priced in _read_list(client, reading, service, region, in_time)
            ],
        )

    return tuple(table for table in reading.each(read_region, regions) if table is not None)


def _read_list(
    client: Any,  # no type stubs for this client are installed
    reading: Reading,
    service: str,
    region: str,
    in_time: Callable[[], bool],
) -> list[Priced]:
    """Read the prices of one service in a region; if a page fails, return those of the pages before."""
    found: list[Priced] = []
    more: dict[str, str] = {}
    for _ in range(MAX_PAGES):
        if not in_time():
            reading.add(_gap(region, f"the price lists took longer than {SECONDS:g} s"))
            return found
        answer = _page(client, reading, service, region, more)
        if answer is None:
            return found
        entries = answer.get("PriceList", [])
        found += [priced for entry in entries if (priced := price_list.read(region, entry)) is not None]
        if not answer.get("NextToken"):
            break
        more = {"NextToken": answer["NextToken"]}
    else:
        reading.add(_gap(region, f"the price list of {service} has more than {MAX_PAGES} pages"))
    if not found:
        reading.add(_gap(region, f"the price list of {service} contains no price of a known meter"))
    return found


def _page(client: Any, reading: Reading, service: str, region: str, more: Mapping[str, str]) -> Any:
    return reading.attempt(
        lambda: client.get_products(
            ServiceCode=service,
            Filters=[{"Type": "TERM_MATCH", "Field": "regionCode", "Value": region}],
            FormatVersion="aws_v1",
            MaxResults=100,
            **more,
        ),
        source=_SOURCE,
        region=region,
        effect=_EFFECT,
    )


def _gap(region: str, reason: str) -> Gap:
    return Gap(source=_SOURCE, region=region, reason=reason, effect=_EFFECT)
