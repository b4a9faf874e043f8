"""An account of today's Lambda, with all its figures worked out by hand."""

from dataclasses import replace
from decimal import Decimal

from agent.analyst.analysis import estate
from agent.analyst.analysis.facts.configuration import AsyncConfig, DurableConfig
from agent.analyst.analysis.facts.second_opinion import SecondOpinion, Verdict
from agent.analyst.analysis.facts.use import InitUse
from agent.analyst.analysis.finding import Category
from agent.analyst.analysis.profile import LogClass
from agent.analyst.report.gaps import undecided
from tests.agent.analyst.analysis.profiles import END, healthy, logged, used
from tests.agent.analyst.report.reports import facts
from tests.agent.analyst.rules.wasteful import QUEUE, SILENT, published

DURABLE = DurableConfig(execution_timeout_seconds=31_622_400, retention_days=14)
STORED = logged(incoming_bytes=0)

# A healthy function costs 0.40 for requests, 26.6668 for duration and 0.5045 for logs: 27.5713.
FUNCTIONS = {
    # 1 GB of stored logs: 0.0045
    "approvals": healthy(usage=SILENT, log_group=STORED, durable=DURABLE, durable_executions=3),
    # 0.0045
    "approvals-unread": healthy(usage=SILENT, log_group=STORED, durable=DURABLE),
    # Without duration: 0.9045
    "fleet": healthy(managed_instances=True, timeout_seconds=1_200, usage=used(p99_ms=1_150_000.0)),
    # 200,000 cold starts x 6 s x 1 GB x 0.0000133334 = 16.00008: 43.57138. SnapStart keeps a tenth: 14.400072.
    "java-api": healthy(runtime="java25", init=InitUse(reports=200, cold_starts=20, init_ms=6_000.0)),
    # 4 snapshots x 1 GB x 2,628,000 s x 0.0000015046 = 15.8163552: 43.3876552. Two of them are old: 7.9081776.
    "snapshots": healthy(has_versions=True, versions=tuple(published(number) for number in range(1, 5))),
    # 27,594,000 GB-s x 0.0000133334 = 367.9218396, requests and logs 0.9045: 368.8263396. 10 of at most 12 instances
    # serve 22,994,990.8 GB-s at 0.0000077778, and cost 87.601752: 40.149219.
    "steady": healthy(usage=used(duration_ms=13_797_000_000.0, peak_concurrency=12)),
    # 10 pollers x 730 h x 0.00925 = 67.525, logs 0.0045: 67.5295
    "consumer": healthy(
        usage=SILENT, log_group=STORED, known_since=END, event_sources=(replace(QUEUE, minimum_pollers=10),)
    ),
    # 1,024 GB x 0.25 = 256, requests and duration 27.0668: 283.0668
    "delivered": healthy(log_group=logged(log_class=LogClass.DELIVERY, incoming_bytes=512 * 1024**3)),
    # 27.5713
    "storm": healthy(usage=used(errors=800_000, async_events=400_000), async_config=AsyncConfig()),
    # 27.5713
    "second-opinion": healthy(optimizer=SecondOpinion(verdict=Verdict.NOT_OPTIMIZED, memory_mb=512)),
}
ASSESSMENT = estate.assess(facts(*(replace(profile, name=name) for name, profile in FUNCTIONS.items()), gaps=()))


def test_the_cost_is_that_of_all_meters():
    # 0.009 + 0.9045 + 43.57138 + 43.3876552 + 368.8263396 + 67.5295 + 283.0668 + 2 x 27.5713 = 862.4377748
    assert ASSESSMENT.cost == Decimal("862.44")


def test_the_savings_are_those_of_four_rules():
    assert {finding.identifier.partition(":")[0]: finding.saving for finding in ASSESSMENT.findings_of(
        Category.OPPORTUNITY
    )} == {
        "idle-polling": Decimal("67.52"),
        "steady-concurrency": Decimal("40.14"),
        "snapstart": Decimal("14.40"),
        "snapstart-cache": Decimal("7.90"),
    }  # fmt: skip
    assert ASSESSMENT.saving == Decimal("129.96")


def test_the_rest_is_advice_and_no_durable_function_is_idle():
    assert {(finding.function, finding.rule) for finding in ASSESSMENT.findings_of(Category.ADVICE)} == {
        ("fleet", "timeout-pressure"),
        ("storm", "errors"),
        ("storm", "retries"),
        ("second-opinion", "compute-optimizer"),
    }
    assert ASSESSMENT.findings_of(Category.MINOR) == []


def test_only_what_was_not_read_is_undecided():
    assert {(one.rule, *one.functions, one.missing) for one in undecided(ASSESSMENT)} == {
        ("idle", "approvals-unread", "durable_executions"),
        ("idle", "consumer", "known_since"),
    }
