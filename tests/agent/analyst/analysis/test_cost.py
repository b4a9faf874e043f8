from dataclasses import replace
from decimal import Decimal

from agent.analyst.analysis import cost
from agent.analyst.analysis.facts.use import InitUse
from agent.analyst.analysis.prices import Meter
from agent.analyst.analysis.profile import Architecture, LogClass, ProvisionedConcurrency
from tests.agent.analyst.analysis.profiles import RATES, TABLE, healthy, logged, used
from tests.agent.analyst.rules.wasteful import QUEUE, published


def monthly(profile):
    return cost.rounded(cost.priced(cost.volumes(profile), RATES))


def test_a_function_costs_its_requests_duration_and_logs():
    # 2,000,000 requests x 0.0000002 = 0.40; 2,000,000 GB-s x 0.0000133334 = 26.6668;
    # 1 GB of logs x 0.50 = 0.50; 1 GB stored x 0.15 x 0.03 = 0.0045. Together 27.5713.
    assert monthly(healthy()) == Decimal("27.57")


def test_the_same_function_costs_a_quarter_more_on_x86_64():
    # 2,000,000 GB-s x 0.0000166667 = 33.3334, and 0.9045 for the rest.
    assert monthly(healthy(architecture=Architecture.X86_64)) == Decimal("34.24")


def test_ephemeral_storage_costs_above_512_mb():
    # 2,000,000 s x 9.5 GB x 0.0000000309 = 0.5871, on top of 27.5713.
    assert monthly(healthy(ephemeral_storage_mb=10_240)) == Decimal("28.16")
    assert monthly(healthy(ephemeral_storage_mb=512)) == monthly(healthy(ephemeral_storage_mb=0))


def test_provisioned_concurrency_costs_all_month_and_makes_the_runs_it_serves_cheaper():
    provisioned = ProvisionedConcurrency(qualifier="live", units=3, peak_utilization=1.0, invocations=250_000)
    # Category by: 3 x 1 GB x 2,628,000 s x 0.0000033334 = 26.28052...
    # A quarter of the runs: 500,000 GB-s x 0.0000077778 = 3.8889; the others: 1,500,000 x 0.0000133334 = 20.0001.
    # Requests 0.40, logs 0.5045: together 51.0740...
    assert monthly(healthy(provisioned=(provisioned,))) == Decimal("51.07")


def test_infrequent_access_logs_cost_half():
    group = logged(log_class=LogClass.INFREQUENT_ACCESS, incoming_bytes=512 * 1024**3)
    assert cost.volumes(healthy(log_group=group))[Meter.LOGS_INFREQUENT_ACCESS] == 1_024
    # 1,024 GB x 0.25 = 256, and 27.0713 for the rest.
    assert monthly(healthy(log_group=group)) == Decimal("283.07")


def test_delivered_logs_cost_half_and_are_not_stored():
    group = logged(log_class=LogClass.DELIVERY, incoming_bytes=512 * 1024**3, stored_bytes=1024**4)
    # 1,024 GB x 0.25 = 256, and 27.0668 for requests and duration.
    assert monthly(healthy(log_group=group)) == Decimal("283.07")


def test_delivered_logs_have_tiers():
    group = logged(log_class=LogClass.DELIVERY, incoming_bytes=10 * 1024**4)
    volumes = cost.volumes(healthy(usage=None, log_group=group))
    # 20 TB: 10,240 GB x 0.25 = 2,560 and 10,240 GB x 0.15 = 1,536.
    assert cost.rounded(cost.priced(volumes, TABLE.average_rates(volumes))) == Decimal("4096.00")


def test_an_unknown_log_class_costs_nothing():
    unknown = healthy(log_group=logged(log_class=LogClass.OTHER))
    assert cost.volumes(unknown) == cost.volumes(healthy(log_group=None))


def test_initialisations_cost_as_much_as_runs():
    # 20 of 200 runs, so 200,000 a month, x 1.5 s = 300,000 GB-s x 0.0000133334 = 4.00002, on top of 27.5713.
    cold = healthy(init=InitUse(reports=200, cold_starts=20, init_ms=1_500.0))
    assert monthly(cold) == Decimal("31.57")
    assert monthly(healthy(init=None)) == monthly(healthy())


def test_restores_of_snapshots_cost_their_memory_and_their_billed_time():
    # 20 of 200 runs: 200,000 restores of 1 GB x 0.0001397998 = 27.95996.
    # 200,000 x 0.3 s = 60,000 GB-s x 0.0000133334 = 0.800004. On top of 27.5713.
    restored = InitUse(reports=200, cold_starts=0, init_ms=0.0, restores=20, restore_ms=300.0)
    assert monthly(healthy(init=restored)) == Decimal("56.33")
    # Restores are free for Java, their billed time is not.
    assert monthly(healthy(init=restored, runtime="java25")) == Decimal("28.37")


def test_snapshots_cost_their_memory_for_each_second_except_for_java():
    versions = (published(1), published(2, memory_mb=512), published(3, snap_start=False))
    # 1.5 GB x 2,628,000 s x 0.0000015046 = 5.9311332, on top of 27.5713.
    assert monthly(healthy(versions=versions)) == Decimal("33.50")
    java = tuple(replace(version, runtime="java25") for version in versions)
    assert monthly(healthy(versions=java)) == monthly(healthy())


def test_provisioned_pollers_of_enabled_queues_cost_each_hour():
    queue = replace(QUEUE, minimum_pollers=2)
    # 2 x 730 h x 0.00925 = 13.505, on top of 27.5713.
    assert monthly(healthy(event_sources=(queue,))) == Decimal("41.08")
    free = (QUEUE, replace(queue, enabled=False), replace(queue, service="kafka"))
    assert monthly(healthy(event_sources=free)) == monthly(healthy())


def test_provisioned_concurrency_is_priced_with_its_version():
    provisioned = (
        ProvisionedConcurrency(
            qualifier="live",
            units=2,
            peak_utilization=1.0,
            invocations=250_000,
            memory_mb=2_048,
            architecture=Architecture.X86_64,
        ),
        ProvisionedConcurrency(qualifier="next", units=1, peak_utilization=1.0),
    )
    # Category by: 2 x 2 GB x 2,628,000 s x 0.0000041667 = 43.80034...; 1 GB x 2,628,000 s x 0.0000033334 = 8.76017...
    # A quarter of the runs: 500,000 s x 2 GB x 0.0000097222 = 9.7222; the others: 1,500,000 x 0.0000133334 = 20.0001.
    # Requests 0.40, logs 0.5045: together 83.18731...
    assert monthly(healthy(provisioned=provisioned)) == Decimal("83.19")


def test_runs_on_provisioned_instances_are_capped_at_all_runs():
    provisioned = ProvisionedConcurrency(qualifier="live", units=1, peak_utilization=1.0, invocations=4_000_000)
    metered = cost.volumes(healthy(provisioned=(provisioned,)))
    assert Meter.DURATION_ARM not in metered
    assert metered[Meter.PROVISIONED_DURATION_ARM] == 2_000_000


def test_managed_instances_pay_for_requests_and_not_for_duration():
    provisioned = ProvisionedConcurrency(qualifier="live", units=1, peak_utilization=1.0, invocations=10)
    managed = healthy(
        managed_instances=True,
        ephemeral_storage_mb=10_240,
        provisioned=(provisioned,),
        architecture=Architecture.X86_64,
    )
    assert set(cost.volumes(managed)) == {Meter.REQUESTS, Meter.LOGS_STANDARD, Meter.LOGS_STORED}
    # Requests 0.40, logs 0.5045.
    assert monthly(managed) == Decimal("0.90")


def test_missing_data_costs_nothing():
    assert cost.volumes(healthy(usage=None, log_group=None, provisioned=None)) == {}


def test_a_function_without_runs_costs_its_provisioned_concurrency_and_stored_logs():
    idle = healthy(usage=used(invocations=0, duration_ms=0.0), log_group=logged(incoming_bytes=0))
    assert set(cost.volumes(idle)) == {Meter.LOGS_STORED}


def test_costs_are_rounded_to_the_nearest_cent_and_savings_down():
    assert cost.rounded(Decimal("1.005")) == Decimal("1.01")
    assert cost.rounded_saving(Decimal("1.009")) == Decimal("1.00")
