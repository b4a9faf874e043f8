from dataclasses import replace
from decimal import Decimal

from agent.analyst.analysis import combine, cost, estate
from agent.analyst.analysis.combine import saved_by
from agent.analyst.analysis.estate import Facts
from agent.analyst.analysis.finding import Category
from agent.analyst.analysis.profile import Architecture, MemorySample
from tests.agent.analyst.analysis.profiles import RATES, TABLE, assess, healthy, logged, used

OVERLAPPING = healthy(
    memory_mb=3_008,
    memory=MemorySample(reports=200, peak_mb=400),
    architecture=Architecture.X86_64,
    ephemeral_storage_mb=10_240,
    usage=used(errors=500_000),
)


def test_overlapping_changes_are_priced_one_after_another():
    # 1,536 MB, half of 3,008, take 0.5 + 0.5 x 3,008 / 1,536 = 1.479166... as long. Before: 2,000,000 s x 3,008 / 1,024
    # = 5,875,000 GB-s. After: 2,000,000 x 1.479166 x 1,536 / 1,024 = 4,437,500 GB-s. 1,437,500 x 0.0000166667 =
    # 23.95838..., less 958,333.33 s more of 9.5 GB of /tmp x 0.0000000309 = 0.28131...
    # On what is left, arm64: 4,437,500 GB-s x 0.0000033333 = 14.79151...
    # And /tmp for as long as it then runs: 2,958,333.33 s x 9.5 GB x 0.0000000309 = 0.86841...
    assert {finding.rule: finding.saving for finding in assess(OVERLAPPING).findings} == {
        "errors": Decimal("0.00"),
        "memory-excess": Decimal("23.67"),
        "architecture": Decimal("14.79"),
        "ephemeral-storage": Decimal("0.86"),
    }


def test_savings_add_up_to_what_all_changes_save_at_once():
    assessment = assess(OVERLAPPING)
    after = assessment.findings[-1].proposal.after
    at_once = cost.priced(cost.volumes(OVERLAPPING), RATES) - cost.priced(cost.volumes(after), RATES)
    assert 0 <= at_once - assessment.saving - saved_by(assessment.findings, Category.MINOR) < Decimal("0.03")


def test_no_other_change_is_proposed_for_a_function_to_delete():
    idle = healthy(usage=used(invocations=0, duration_ms=0.0), runtime="python3.8", timeout_seconds=900)
    assert [finding.rule for finding in assess(idle).findings] == ["idle"]


def test_a_rule_without_its_data_is_undecided():
    blind = replace(OVERLAPPING, memory=None)
    assessment = assess(blind)
    assert "memory-excess" not in {finding.rule for finding in assessment.findings}
    assert set(assessment.undecided) == {"memory-excess", "memory-pressure"}


def test_a_small_saving_is_a_minor_finding():
    small = healthy(architecture=Architecture.X86_64, usage=used(duration_ms=100_000_000.0))
    [finding] = assess(small).findings
    assert finding.saving == Decimal("0.66")
    assert finding.category is Category.MINOR


def test_minor_savings_are_not_part_of_the_saving():
    # 2,000,000 GB-s x 0.0000033333 = 6.6666; 2,000,000 s x 9.5 GB x 0.0000000309 = 0.5871
    both = assess(healthy(architecture=Architecture.X86_64, ephemeral_storage_mb=10_240))
    assert (both.saving, saved_by(both.findings, Category.MINOR)) == (Decimal("6.66"), Decimal("0.58"))


def test_a_saving_below_a_cent_is_no_finding():
    tiny = healthy(architecture=Architecture.X86_64, usage=used(invocations=10, duration_ms=1_000.0))
    assert assess(tiny).findings == ()


def large(name, billions, architecture=Architecture.X86_64):
    """Return a function that uses a number of billion GB-s per month."""
    milliseconds = billions * 10**9 / 2 * 1_000
    usage = used(invocations=billions * 10**8, duration_ms=milliseconds, p99_ms=None)
    return healthy(name=name, architecture=architecture, usage=usage)


def moved(*profiles):
    """Return the saving of each function of an account from a move to arm64."""
    return [
        {finding.rule: finding.saving for finding in assessment.findings}
        for assessment in combine.assess(profiles, TABLE)
    ]


def test_the_savings_of_a_large_account_equal_the_change_of_its_bill():
    # On x86_64: 6 bn x 0.0000166667 + 9 bn x 0.000015 + 5 bn x 0.0000133334 = 301,667.20
    # On arm64: 7.5 bn x 0.0000133334 + 11.25 bn x 0.0000120001 + 1.25 bn x 0.0000106667 = 248,335.00
    assert moved(large("one", 20)) == [{"architecture": Decimal("53332.20")}]


def test_functions_that_move_together_share_the_saving_by_gb_seconds():
    # Three quarters and one quarter of 53,332.20.
    assert moved(large("most", 15), large("some", 5)) == [
        {"architecture": Decimal("39999.15")},
        {"architecture": Decimal("13333.05")},
    ]


def test_functions_that_move_are_priced_above_existing_arm64_volume():
    # On x86_64: 6 bn x 0.0000166667 + 4 bn x 0.000015 = 160,000.20
    # On arm64, from 10 to 20 bn: 8.75 bn x 0.0000120001 + 1.25 bn x 0.0000106667 = 118,334.25
    assert moved(large("mover", 10), large("there", 10, Architecture.ARM64)) == [
        {"architecture": Decimal("41665.95")},
        {},
    ]


def test_an_average_rate_is_marked_in_the_formula():
    [assessment] = combine.assess([large("one", 20)], TABLE)
    [finding] = assessment.findings
    assert finding.formula == (
        "20,000,000,000 GB-s × $0.0000150834 for x86_64 duration (average of its tiers) "  # noqa: RUF001
        "− 20,000,000,000 GB-s × $0.0000124168 for arm64 duration (average of its tiers)"  # noqa: RUF001
    )


def test_no_function_saves_more_than_it_costs():
    # 1,024,000 GB of an idle function's logs and 10,240 of a busy one's cost 10,240 x 0.50 + 20,480 x 0.25 +
    # 20,480 x 0.10 + 983,040 x 0.05 = 61,440.00, so that a GB costs 0.0594059... Deleting the first saves 56,320.00.
    # The others then cost 0.50, and the cheaper class would save 10,240 x 0.25 = 2,560.00; but of today's cost they
    # are 608.3168..., and the function's other costs 26.6668 + 0.40 + 0.0045.
    nothing = used(invocations=0, duration_ms=0.0, p99_ms=None)
    abandoned = healthy(name="abandoned", usage=nothing, log_group=logged(incoming_bytes=512_000 * 1024**3))
    busy = healthy(name="busy", log_group=logged(incoming_bytes=5_120 * 1024**3))
    idle, loud = (assessment.findings for assessment in combine.assess([abandoned, busy], TABLE))
    assert [(finding.rule, finding.saving) for finding in (*idle, *loud)] == [
        ("idle", Decimal("56320.00")),
        ("log-class", Decimal("635.38")),
    ]
    assert loud[0].formula.endswith(", but no more than the function costs")


def test_the_cost_of_an_account_is_rounded_after_adding_up():
    # 300 requests x 0.0000002 + 300 s x 1 GB x 0.0000133334 = 0.00406002 for each of a thousand.
    tiny = healthy(usage=used(invocations=150, duration_ms=150_000.0), log_group=None)
    profiles = tuple(replace(tiny, name=f"tiny-{number}") for number in range(1_000))
    facts = Facts(account="", window=tiny.window, regions=("us-east-1",), profiles=profiles, gaps=())
    assessment = estate.assess(facts)
    assert assessment.functions[0].cost == Decimal("0.00")
    assert assessment.cost == Decimal("4.06")


def test_a_formula_shows_units_and_rates_of_changed_meters():
    [finding] = assess(healthy(architecture=Architecture.X86_64)).findings
    assert finding.formula == (
        "2,000,000 GB-s × $0.0000166667 for x86_64 duration − 2,000,000 GB-s × $0.0000133334 for arm64 duration"  # noqa: RUF001
    )
