import json
from datetime import date
from decimal import Decimal

import pytest

from agent.analyst.analysis import price_list, prices
from agent.analyst.analysis.price_list import CLOUDWATCH, LAMBDA
from agent.analyst.analysis.prices import Meter, Tier
from tests.agent.analyst.price_lists import entry, refreshed

REGION = "eu-central-1"


def tiers(*pairs):
    return tuple(Tier(above=Decimal(above), usd=Decimal(usd)) for above, usd in pairs)


def duration(**changes):
    """Return an entry with one tier and some parts replaced."""
    return entry(REGION, LAMBDA, "EUC1-Lambda-GB-Second", "Second", ("0", "0.0000166667"), **changes)


def changed(change):
    """Return that entry after a change of its parsed form."""
    document = json.loads(duration())
    change(document)
    return json.dumps(document)


def the_term(document):
    [term] = document["terms"]["OnDemand"].values()
    return term


def the_dimension(document):
    [dimension] = the_term(document)["priceDimensions"].values()
    return dimension


def read_all(region, *entries):
    return [priced for one in entries if (priced := price_list.read(region, one)) is not None]


def test_a_product_is_read_exactly_with_its_tiers_in_order():
    priced = price_list.read(
        REGION,
        entry(REGION, CLOUDWATCH, "EUC1-VendedLog-Bytes", "GB", ("0", "0.63"), ("10240", "0.315"), ("30720", "0.1")),
    )
    assert priced.meter is Meter.LOGS_STANDARD
    assert priced.tiers == tiers((0, "0.63"), (10_240, "0.315"), (30_720, "0.1"))
    assert priced.published == date(2026, 10, 14)


def test_event_pollers_of_queues_are_known_by_their_group():
    document = json.loads(entry(REGION, LAMBDA, "EUC1-Lambda-Anything", "Event-Poller-Unit-Hours", ("0", "0.0102")))
    assert price_list.read(REGION, json.dumps(document)) is None
    document["product"]["attributes"]["group"] = "AWS-Lambda-SQS-Event-Poller-Unit-Duration"
    assert price_list.read(REGION, json.dumps(document)).meter is Meter.SQS_POLLERS
    document["product"]["attributes"]["group"] = "AWS-Lambda-Event-Poller-Unit-Duration"  # of Kafka
    assert price_list.read(REGION, json.dumps(document)) is None


@pytest.mark.parametrize(
    ("usage_type", "unit", "meter"),
    [
        ("Request", "Requests", Meter.REQUESTS),
        ("EU-Request-ARM", "Request", Meter.REQUESTS),
        ("USE2-Lambda-GB-Second", "Lambda-GB-Second", Meter.DURATION_X86),
        ("APN1-Lambda-GB-Second-ARM", "Second", Meter.DURATION_ARM),
        ("UGW1-Lambda-Provisioned-Concurrency", "Lambda-GB-Second", Meter.PROVISIONED_X86),
        ("APS10-Lambda-Provisioned-Concurrency-ARM", "Lambda-GB-Second", Meter.PROVISIONED_ARM),
        ("Lambda-Provisioned-GB-Second", "Lambda-GB-Second", Meter.PROVISIONED_DURATION_X86),
        ("CAN1-Lambda-Provisioned-GB-Second-ARM", "Lambda-GB-Second", Meter.PROVISIONED_DURATION_ARM),
        ("EUW2-Lambda-Storage-GB-Second", "GB-Seconds", Meter.EPHEMERAL_STORAGE),
        ("USE1-VendedLog-Bytes", "GB", Meter.LOGS_STANDARD),
        ("EU-VendedLogIA-Bytes", "GB", Meter.LOGS_INFREQUENT_ACCESS),
        ("EU-TimedStorage-ByteHrs", "GB-Mo", Meter.LOGS_STORED),
        ("EU-Lambda-SnapStart-Cached-GB-S", "GB-Seconds", Meter.SNAPSTART_CACHE),
        ("Lambda-SnapStart-Restored-GB", "GB", Meter.SNAPSTART_RESTORE),
        ("USE1-S3-Egress-Bytes", "GB", Meter.LOGS_DELIVERY),
        ("EUC1-FH-Egress-Bytes", "GB", Meter.LOGS_DELIVERY),
    ],
)
def test_usage_types_are_known_with_and_without_the_prefix_of_a_region(usage_type, unit, meter):
    assert price_list.read(REGION, entry(REGION, LAMBDA, usage_type, unit, ("0", "1"))).meter is meter


@pytest.mark.parametrize(
    "usage_type",
    [
        "Lambda-Edge-Request",
        "EUC1-Lambda-Edge-GB-Second",
        "EUC1-VendedLog-Bytes-WAFLogs",
        "EUC1-DataProcessing-Bytes",
        "EUC1-TimedStorage-IA-ByteHrs",
        "EUC1-S3-Egress-InputBytes",
        "Global-Request",
        "Global-Lambda-GB-Second",
        "EUC1-CW:Requests",
        "",
    ],
)
def test_other_usage_types_are_ignored(usage_type):
    assert price_list.read(REGION, entry(REGION, LAMBDA, usage_type, "Requests", ("0", "1"))) is None


@pytest.mark.parametrize(
    "unfamiliar",
    [
        "",
        "null",
        "{}",
        '{"product": []}',
        entry("us-east-1", LAMBDA, "Lambda-GB-Second", "Second", ("0", "1")),
        entry(REGION, LAMBDA, "EUC1-Request", "1M Requests", ("0", "0.2")),
        entry(REGION, LAMBDA, "EUC1-Lambda-GB-Second", "GB-Hours", ("0", "0.06")),
        entry(REGION, LAMBDA, "EUC1-Lambda-GB-Second", "Second", ("0", "0.0000000000")),
        entry(REGION, LAMBDA, "EUC1-Lambda-GB-Second", "Second", ("0", "0.0"), ("400000", "0.0000166667")),
        entry(REGION, LAMBDA, "EUC1-Lambda-GB-Second", "Second", ("400000", "0.0000166667")),
        entry(REGION, LAMBDA, "EUC1-Lambda-GB-Second", "Second", ("0", "2"), ("0", "1")),
        entry(REGION, LAMBDA, "EUC1-Lambda-GB-Second", "Second", ("NaN", "1")),
        changed(lambda document: document["product"]["attributes"].pop("usagetype")),
        changed(lambda document: document.pop("publicationDate")),
        changed(lambda document: document.update(publicationDate="2026-10-02")),
        changed(lambda document: document["terms"].pop("OnDemand")),
        changed(lambda document: document["terms"]["OnDemand"].clear()),
        changed(lambda document: the_term(document)["priceDimensions"].clear()),
        changed(lambda document: the_dimension(document).update(endRange="6000000000")),
        changed(lambda document: the_dimension(document).update(pricePerUnit={"CNY": "0.0001137"})),
        changed(lambda document: the_dimension(document).update(pricePerUnit={"USD": "free"})),
        changed(lambda document: the_dimension(document).update(pricePerUnit={"USD": "NaN"})),
    ],
)
def test_products_with_unknown_parts_are_ignored(unfamiliar):
    assert price_list.read(REGION, unfamiliar) is None


def test_future_terms_are_not_used_yet():
    def announce(document):
        later = json.loads(json.dumps(the_term(document)))
        later["effectiveDate"] = "2026-11-01T00:00:00Z"
        the_dimension({"terms": {"OnDemand": {"later": later}}})["pricePerUnit"]["USD"] = "0.00002"
        document["terms"]["OnDemand"]["later"] = later

    assert price_list.read(REGION, changed(announce)).tiers == tiers((0, "0.0000166667"))
    only_announced = duration(effective="2026-11-01T00:00:00Z")
    assert price_list.read(REGION, only_announced).tiers == tiers((0, "0.0000166667"))


def test_a_complete_list_replaces_the_built_in_table():
    table = refreshed("us-east-1")
    assert (table.region, table.as_of, table.source) == ("us-east-1", date(2026, 10, 14), "AWS Price List API")
    # How the list names the event pollers of SQS is not known.
    assert (table.borrowed, table.supplement.meters) == (frozenset(), {Meter.SQS_POLLERS})
    assert table.tiers == {
        Meter.REQUESTS: tiers((0, "0.0000002")),
        Meter.DURATION_X86: tiers((0, "0.0000166667"), (6 * 10**9, "0.000015"), (15 * 10**9, "0.0000133334")),
        Meter.DURATION_ARM: tiers((0, "0.0000133334"), (7_500_000_000, "0.0000120001")),
        Meter.PROVISIONED_X86: tiers((0, "0.0000041667")),
        Meter.PROVISIONED_ARM: tiers((0, "0.0000033334")),
        Meter.PROVISIONED_DURATION_X86: tiers((0, "0.0000097222")),
        Meter.PROVISIONED_DURATION_ARM: tiers((0, "0.0000077778")),
        Meter.EPHEMERAL_STORAGE: tiers((0, "0.0000000309")),
        Meter.SNAPSTART_CACHE: tiers((0, "0.0000015046")),
        Meter.SNAPSTART_RESTORE: tiers((0, "0.0001397998")),
        Meter.SQS_POLLERS: tiers((0, "0.00925")),
        Meter.LOGS_DELIVERY: tiers((0, "0.25"), (10_240, "0.15")),
        Meter.LOGS_STANDARD: tiers((0, "0.5"), (10_240, "0.25"), (30_720, "0.1"), (51_200, "0.05")),
        Meter.LOGS_INFREQUENT_ACCESS: tiers((0, "0.25"), (10_240, "0.15")),
        Meter.LOGS_STORED: tiers((0, "0.03")),
    }


def test_missing_prices_come_from_the_built_in_table_and_are_named():
    table, dated = refreshed(REGION), prices.for_region(REGION)
    lacking = {
        Meter.PROVISIONED_ARM,
        Meter.PROVISIONED_DURATION_X86,
        Meter.PROVISIONED_DURATION_ARM,
        Meter.LOGS_INFREQUENT_ACCESS,
        Meter.LOGS_DELIVERY,
        Meter.SNAPSTART_CACHE,
        Meter.SNAPSTART_RESTORE,
        Meter.SQS_POLLERS,
    }
    assert table.supplement.meters == table.borrowed == lacking
    assert (table.supplement.as_of, table.supplement.source) == (dated.as_of, dated.source)
    assert {meter: table.tiers[meter] for meter in lacking} == {meter: dated.tiers[meter] for meter in lacking}
    assert table.tiers[Meter.PROVISIONED_X86] == tiers((0, "0.0000051234"))
    assert table.tiers[Meter.LOGS_STANDARD] == tiers((0, "0.63"), (10_240, "0.315"))


def test_an_empty_list_returns_no_table():
    assert price_list.table(REGION, []) is None


@pytest.mark.parametrize("order", [1, -1])
def test_the_cheaper_of_two_prices_for_a_meter_is_used(order):
    entries = [
        entry(REGION, LAMBDA, usage_type, "GB-Seconds", ("0", usd))
        for usage_type, usd in (("EUC1-Lambda-Storage-GB-Second", "0.0000000372"), ("Lambda-Storage-GB-Second", "1"))
    ]
    table = price_list.table(REGION, read_all(REGION, *entries[::order]))
    assert table.tiers[Meter.EPHEMERAL_STORAGE] == tiers((0, "0.0000000372"))
