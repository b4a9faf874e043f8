import itertools
import threading
from dataclasses import replace
from datetime import date
from decimal import Decimal

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

from agent.analyst.account.billing import price_list
from agent.analyst.account.clients import Clients
from agent.analyst.account.collector import Collector
from agent.analyst.account.gap_list import UNREACHABLE
from agent.analyst.account.reading import Reading
from agent.analyst.analysis import estate, prices
from agent.analyst.analysis.estate import Gap
from agent.analyst.analysis.prices import Meter
from agent.harness.task import StoppedError
from tests.agent.analyst.account.configuration.test_functions import configured
from tests.agent.analyst.account.fakes import FakeClient, FakeClients
from tests.agent.analyst.account.test_collector import REGION, WINDOW, Account
from tests.agent.analyst.price_lists import LISTS, PAGE, PriceListServer
from tests.agent.analyst.report.stores import MemoryStore

REGIONS = ("us-east-1", "eu-central-1")


@pytest.fixture
def server():
    with PriceListServer() as running:
        yield running


@pytest.fixture
def clients(server, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_PRICING", server.endpoint)
    return Clients(boto3.Session("key", "secret", region_name="eu-west-1"))


def reading(stop=None):
    return Reading(stop=stop or threading.Event(), seconds=60)


def gap(region, reason):
    return Gap(
        source="pricing:GetProducts",
        region=region,
        reason=reason,
        effect="missing prices are taken from the built-in table",
    )


def fakes(get_products, region="eu-west-1"):
    clients = FakeClients({"pricing": FakeClient(get_products=get_products)})
    clients.region = region
    return clients


def test_the_price_lists_of_several_regions_are_read_page_by_page(clients, server):
    one = reading()
    american, german = price_list.read_tables(clients, one, REGIONS)
    assert one.gaps == ()
    assert [american.region, german.region] == ["us-east-1", "eu-central-1"]
    assert {table.as_of for table in (american, german)} == {date(2026, 10, 14)}
    assert {table.source for table in (american, german)} == {"AWS Price List API"}
    assert american.supplement.meters == {Meter.SQS_POLLERS}
    assert [tier.usd for tier in american.tiers[Meter.DURATION_X86]] == [
        Decimal("0.0000166667"),
        Decimal("0.000015"),
        Decimal("0.0000133334"),
    ]
    assert [tier.above for tier in german.tiers[Meter.LOGS_STANDARD]] == [0, 10_240]
    assert [tier.usd for tier in german.tiers[Meter.LOGS_STORED]] == [Decimal("0.0324")]
    assert len(server.requests) == sum(-(-len(entries) // PAGE) for entries in LISTS.values())


def test_denied_access_becomes_a_gap_for_each_region(clients, server):
    server.refused = "AccessDeniedException"
    one = reading()
    assert price_list.read_tables(clients, one, REGIONS) == ()
    assert one.gaps == (gap("eu-central-1", "AccessDeniedException"), gap("us-east-1", "AccessDeniedException"))


def test_an_unreachable_endpoint_becomes_a_gap():
    def unreachable(**_):
        raise EndpointConnectionError(endpoint_url="https://api.pricing.eu-central-1.amazonaws.com")

    one = reading()
    assert price_list.read_tables(fakes(unreachable), one, ["eu-west-1"]) == ()
    assert one.gaps == (gap("eu-west-1", UNREACHABLE),)


def test_a_list_without_known_meters_becomes_a_gap_and_the_other_list_is_used():
    entries = {"AWSLambda": LISTS["eu-central-1", "AWSLambda"], "AmazonCloudWatch": ["{}"]}
    one = reading()
    [table] = price_list.read_tables(
        fakes(lambda ServiceCode, **_: {"PriceList": entries[ServiceCode]}),  # noqa: N803
        one,
        ["eu-central-1"],
    )
    assert one.gaps == (gap("eu-central-1", "the price list of AmazonCloudWatch contains no price of a known meter"),)
    assert table.supplement.meters >= {Meter.LOGS_STANDARD, Meter.LOGS_STORED}
    assert Meter.DURATION_X86 not in table.supplement.meters


def test_an_endless_list_is_read_up_to_a_limit():
    clients = fakes(lambda **_: {"PriceList": LISTS["eu-central-1", "AWSLambda"], "NextToken": "more"})
    one = reading()
    assert len(price_list.read_tables(clients, one, ["eu-central-1"])) == 1
    assert clients.get("pricing", "eu-central-1").calls["get_products"] == 2 * price_list.MAX_PAGES
    assert {found.reason for found in one.gaps} == {
        f"the price list of {service} has more than {price_list.MAX_PAGES} pages"
        for service in ("AWSLambda", "AmazonCloudWatch")
    }


def test_prices_read_before_the_time_limit_are_used():
    seconds = itertools.chain([0, 1], itertools.repeat(price_list.SECONDS))
    clients = fakes(lambda **_: {"PriceList": LISTS["eu-central-1", "AWSLambda"], "NextToken": "more"})
    one = reading()
    [table] = price_list.read_tables(clients, one, ["eu-central-1"], monotonic=lambda: next(seconds))
    assert clients.get("pricing", "eu-central-1").calls["get_products"] == 1
    assert one.gaps == (gap("eu-central-1", "the price lists took longer than 30 s"),)
    assert table.tiers[Meter.PROVISIONED_X86][0].usd == Decimal("0.0000051234")


def test_no_price_is_requested_after_the_stop_signal():
    stop = threading.Event()
    stop.set()
    with pytest.raises(StoppedError):
        price_list.read_tables(fakes(lambda **_: pytest.fail("must not be requested")), reading(stop), REGIONS)


@pytest.mark.parametrize(
    ("region", "endpoint"),
    [
        ("us-west-2", "us-east-1"),
        ("ca-central-1", "us-east-1"),
        ("sa-east-1", "us-east-1"),
        ("eu-north-1", "eu-central-1"),
        ("me-central-1", "eu-central-1"),
        ("af-south-1", "eu-central-1"),
        ("ap-southeast-2", "ap-south-1"),
        ("us-gov-west-1", None),
        ("us-iso-east-1", None),
        ("eu-isoe-west-1", None),
        ("eusc-de-east-1", None),
        ("cn-north-1", None),
    ],
)
def test_the_nearest_endpoint_is_used_and_other_partitions_have_none(region, endpoint):
    assert price_list.endpoint_region(region) == endpoint
    if endpoint:
        assert endpoint in boto3.Session().get_available_regions("pricing")


def test_a_partition_without_prices_in_usd_gets_no_request():
    one = reading()
    clients = fakes(lambda **_: pytest.fail("must not be requested"), region="cn-north-1")
    assert price_list.read_tables(clients, one, ["cn-north-1"]) == ()
    assert one.gaps == (gap("cn-north-1", "the partition has no price list in USD"),)


class Mixed:
    """Return fake clients of a small account, and an HTTP client of the Price List API."""

    region = "eu-west-1"

    def __init__(self, account, clients):
        self._account, self._clients = FakeClients(account.clients), clients

    def get(self, service, region):
        return (self._clients if service == "pricing" else self._account).get(service, region)


def collector(account, clients, store, **options):
    return Collector(
        clients=Mixed(account, clients),
        regions=(REGION,),
        window=WINDOW,
        reading=reading(),
        store=store,
        report_progress=lambda _: None,
        **options,
    )


@pytest.fixture
def account():
    return Account([configured("a")], {"a": 10})


def test_prices_are_read_only_with_refresh_prices(account, clients, server):
    facts = collector(account, clients, MemoryStore()).read_memory()
    assert server.requests == []
    assert facts.prices == ()
    assert estate.assess(facts).tables == {REGION: prices.for_region(REGION)}


def test_a_later_attempt_uses_the_prices_of_the_first_one(account, clients, server):
    store = MemoryStore()
    facts = collector(account, clients, store, refresh_prices=True).list_functions()
    asked = len(server.requests)
    later = collector(account, clients, store, refresh_prices=True).read_memory()
    assert asked == len(server.requests) == 6
    assert later.prices == facts.prices
    assert estate.assess(later).tables[REGION].as_of == date(2026, 10, 14)


def test_costs_use_the_prices_that_were_read(clients, monkeypatch):
    dearer = [text.replace("0.0000166667", "0.0000500000") for text in LISTS[REGION, "AWSLambda"]]
    monkeypatch.setitem(LISTS, (REGION, "AWSLambda"), dearer)
    # 80 million runs of 0.1 s with 128 MB in half a month: 160 million requests and 2 million GB-s in a month.
    account = Account([configured("a")], {"a": 80_000_000})
    facts = collector(account, clients, MemoryStore(), refresh_prices=True).read_usage()
    assert estate.assess(facts).cost == Decimal("132.00")
    assert estate.assess(replace(facts, prices=())).cost == Decimal("65.33")


def test_without_permission_the_built_in_table_is_used_and_the_report_has_a_gap(account, clients, server):
    server.refused = "AccessDeniedException"
    facts = collector(account, clients, MemoryStore(), refresh_prices=True).read_memory()
    assert facts.gaps == (gap(REGION, "AccessDeniedException"),)
    assert estate.assess(facts).tables == {REGION: prices.for_region(REGION)}
