"""Reads AWS's price list through the Price List API, for regions whose prices are to be today's.

An analysis can do without: whatever keeps the list from being read leaves a gap, and the dated table in its place.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from botocore.exceptions import BotoCoreError

from agent.analyst.account.clients import Clients
from agent.analyst.account.reading import Reading
from agent.analyst.analysis import price_list
from agent.analyst.analysis.estate import Gap
from agent.analyst.analysis.price_list import Priced
from agent.analyst.analysis.prices import PriceTable

# A region's list of Lambda has about two hundred products, that of CloudWatch about a hundred; a page has a hundred.
MOST_PAGES = 10
# For all regions together; a request that is under way when it is over is still waited for.
SECONDS = 30.0

_SOURCE = "pricing:GetProducts"
_EFFECT = "what is missing of the prices is taken from the dated table"

# The API has three endpoints, each of which knows the prices of every region: the nearest to the agent is asked. Other
# partitions (China, GovCloud, the sovereign ones) have none, or one that does not answer in USD.
_ENDPOINTS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("ca", "mx", "sa", "us"), "us-east-1"),
        **dict.fromkeys(("af", "eu", "il", "me"), "eu-central-1"),
        "ap": "ap-south-1",
    }
)


def endpoint_region(region: str) -> str | None:
    """The region of the Price List API's endpoint that is nearest to a region; None where there is none to ask."""
    continent, _, rest = region.partition("-")
    # Regions of the other partitions have a further part: us-gov-west-1, us-iso-east-1, eu-isoe-west-1.
    return _ENDPOINTS.get(continent) if rest.count("-") == 1 else None


def read_tables(
    clients: Clients, reading: Reading, regions: Sequence[str], *, monotonic: Callable[[], float] = time.monotonic
) -> tuple[PriceTable, ...]:
    """The price tables of regions, without those that could not be read: these are gaps.

    Args:
        clients: Of the account that is analysed.
        reading: Stop signal, time budget and gaps.
        regions: Whose prices are wanted.
        monotonic: Seconds of a clock that never goes back.

    Raises:
        StoppedError: If the run was told to stop.
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
    client: Any,  # there are no types for it among the development tools
    reading: Reading,
    service: str,
    region: str,
    in_time: Callable[[], bool],
) -> list[Priced]:
    """What one service's list has of a region; where a page fails, what was read before it counts."""
    found: list[Priced] = []
    more: dict[str, str] = {}
    for _ in range(MOST_PAGES):
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
        reading.add(_gap(region, f"the price list of {service} has more than {MOST_PAGES} pages"))
    if not found:
        reading.add(_gap(region, f"the price list of {service} has no price that is known here"))
    return found


def _page(client: Any, reading: Reading, service: str, region: str, more: Mapping[str, str]) -> Any:
    def request() -> Any:
        try:
            return client.get_products(
                ServiceCode=service,
                Filters=[{"Type": "TERM_MATCH", "Field": "regionCode", "Value": region}],
                FormatVersion="aws_v1",
                MaxResults=100,
                **more,
            )
        except BotoCoreError as error:  # a VPC may have no way to it, for instance
            reading.add(_gap(region, type(error).__name__))
            return None

    return reading.attempt(request, source=_SOURCE, region=region, effect=_EFFECT)


def _gap(region: str, reason: str) -> Gap:
    return Gap(source=_SOURCE, region=region, reason=reason, effect=_EFFECT)
