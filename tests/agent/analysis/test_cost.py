from decimal import Decimal

from agent.analysis import cost
from agent.analysis.prices import Meter
from agent.analysis.profile import Architecture, LogClass, ProvisionedConcurrency
from tests.agent.analysis.profiles import RATES, healthy, logged, used


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
    # Standing by: 3 x 1 GB x 2,628,000 s x 0.0000033334 = 26.28052...
    # A quarter of the runs: 500,000 GB-s x 0.0000077778 = 3.8889; the others: 1,500,000 x 0.0000133334 = 20.0001.
    # Requests 0.40, logs 0.5045: together 51.0740...
    assert monthly(healthy(provisioned=(provisioned,))) == Decimal("51.07")


def test_infrequent_access_logs_cost_half():
    group = logged(log_class=LogClass.INFREQUENT_ACCESS, incoming_bytes=512 * 1024**3)
    assert cost.volumes(healthy(log_group=group))[Meter.LOGS_INFREQUENT_ACCESS] == 1_024
    # 1,024 GB x 0.25 = 256, and 27.0713 for the rest.
    assert monthly(healthy(log_group=group)) == Decimal("283.07")


def test_logs_that_only_pass_through_cost_nothing_here():
    metered = cost.volumes(healthy(log_group=logged(log_class=LogClass.DELIVERY)))
    assert not {Meter.LOGS_STANDARD, Meter.LOGS_INFREQUENT_ACCESS} & set(metered)


def test_what_could_not_be_read_costs_nothing():
    assert cost.volumes(healthy(usage=None, log_group=None, provisioned=None)) == {}


def test_a_function_that_does_not_run_costs_what_stands_by_and_what_is_stored():
    idle = healthy(usage=used(invocations=0, duration_ms=0.0), log_group=logged(incoming_bytes=0))
    assert set(cost.volumes(idle)) == {Meter.LOGS_STORED}


def test_costs_are_rounded_to_the_nearest_cent_and_savings_down():
    assert cost.rounded(Decimal("1.005")) == Decimal("1.01")
    assert cost.rounded_saving(Decimal("1.009")) == Decimal("1.00")
