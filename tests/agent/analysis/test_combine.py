from dataclasses import replace
from decimal import Decimal

from agent.analysis import combine, cost, prices
from agent.analysis.finding import Standing
from agent.analysis.prices import Meter
from agent.analysis.profile import Architecture, MemorySample
from tests.agent.analysis.profiles import RATES, assess, healthy, used

OVERLAPPING = healthy(
    memory_mb=3_008,
    memory=MemorySample(reports=200, peak_mb=400),
    architecture=Architecture.X86_64,
    usage=used(errors=500_000),
)


def test_overlapping_changes_are_priced_one_after_another():
    # Half the runs fail: 1,000,000 requests x 0.0000002 + 2,937,500 GB-s x 0.0000166667 = 0.20 + 48.95843...
    # On what is left, less memory: (2,937,500 - 1,301,269.53) GB-s x 0.0000166667 = 27.27056...
    # On what is left of that, arm64: 1,301,269.53 GB-s x 0.0000033333 = 4.33752...
    assert {finding.rule: finding.saving for finding in assess(OVERLAPPING).findings} == {
        "errors": Decimal("49.15"),
        "memory-excess": Decimal("27.27"),
        "architecture": Decimal("4.33"),
    }


def test_together_they_save_what_all_changes_at_once_save():
    assessment = assess(OVERLAPPING)
    after = assessment.findings[-1].proposal.after
    at_once = cost.priced(cost.volumes(OVERLAPPING), RATES) - cost.priced(cost.volumes(after), RATES)
    assert 0 <= at_once - assessment.saving < Decimal("0.03")


def test_nothing_is_proposed_for_a_function_that_is_to_be_deleted():
    idle = healthy(usage=used(invocations=0, duration_ms=0.0), runtime="python3.8", timeout_seconds=900)
    assert [finding.rule for finding in assess(idle).findings] == ["idle"]


def test_a_rule_without_its_data_is_undecided_instead_of_guessing():
    blind = replace(OVERLAPPING, memory=None)
    assessment = assess(blind)
    assert "memory-excess" not in {finding.rule for finding in assessment.findings}
    assert set(assessment.undecided) == {"memory-excess", "memory-pressure"}


def test_small_savings_are_listed_and_not_sold():
    small = healthy(architecture=Architecture.X86_64, usage=used(duration_ms=100_000_000.0))
    [finding] = assess(small).findings
    assert finding.saving == Decimal("0.66")
    assert finding.standing is Standing.MINOR


def test_a_saving_below_a_cent_is_no_finding():
    tiny = healthy(architecture=Architecture.X86_64, usage=used(invocations=10, duration_ms=1_000.0))
    assert assess(tiny).findings == ()


def test_a_large_account_saves_at_its_lowest_tier():
    volumes = {Meter.DURATION_X86: Decimal(20) * 10**9}
    table = prices.for_region("us-east-1")
    assessment = combine.assess(
        healthy(architecture=Architecture.X86_64),
        average_rates=table.average_rates(volumes),
        marginal_rates=table.marginal_rates(volumes),
    )
    # The last unit on x86_64 costs what the first one on arm64 does.
    assert assessment.findings == ()


def test_a_formula_shows_the_units_and_the_rate_of_what_changes():
    [finding] = assess(healthy(architecture=Architecture.X86_64)).findings
    assert finding.formula == (
        "2,000,000 GB-s × $0.0000166667 for x86_64 duration − 2,000,000 GB-s × $0.0000133334 for arm64 duration"  # noqa: RUF001
    )
