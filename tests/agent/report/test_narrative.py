from decimal import Decimal

import pytest

from agent.analysis import estate
from agent.report import narrative
from agent.report.document import Narrative, usd
from agent.report.narrative import UntrueNarrativeError
from tests.agent.report.reports import FACTS, facts

ASSESSMENT = estate.assess(FACTS)
CHECKOUT = next(function for function in ASSESSMENT.functions if function.profile.name == "checkout")
LARGEST = ASSESSMENT.findings[0]


def check(summary="All is said.", **remarks):
    narrative.check(Narrative(summary=summary, remarks=remarks, author="model"), ASSESSMENT)


@pytest.mark.parametrize(
    "summary",
    [
        "No figure at all.",
        f"The account costs {usd(ASSESSMENT.cost)} a month.",
        f"The account costs USD {ASSESSMENT.cost} a month.",
        f"It costs {ASSESSMENT.cost} USD, of which {usd(ASSESSMENT.saving)} can be saved.",
        f"It costs about ${ASSESSMENT.cost:.0f} a month.",
        f"{CHECKOUT.profile.name} costs {usd(CHECKOUT.cost)} and {usd(CHECKOUT.saving)} of it can go.",
        f"A share of {ASSESSMENT.saving / ASSESSMENT.cost * 100:.1f}% can be saved.",
        f"A share of {ASSESSMENT.saving / ASSESSMENT.cost * 100:.0f} percent can be saved.",
        "Memory goes from 3,008 to 1,536 MB, and 50% of a run is taken to compute.",
        "In 15 days there were 1,000,000 calls of 1,000 ms, with a p99 of 4,000 ms and a timeout of 30 s.",
        "These 3 changes come first; x86_64, arm64, python3.14, 2026-11-23 and http://127.0.0.1 are names.",
    ],
)
def test_figures_of_the_findings_are_accepted(summary):
    check(summary)


@pytest.mark.parametrize(
    ("summary", "figure"),
    [
        ("It saves $1 a month.", "$1"),
        ("It saves $ 99,999.99 a month.", "$ 99,999.99"),
        ("In a year it is USD 1,200.", "USD 1,200"),
        ("In a year it is 1200 dollars.", "1200 dollars"),
        ("That is 1.2 thousand... $1.2k, no less.", "$1.2k"),
        ("Some €55.20 can go.", "€55.20"),
        ("It falls by 99.9%.", "99.9%"),
        ("It falls by 77 percent.", "77 percent"),
        ("It saves $20, or so.", "$20"),
        ("Give it 640 MB.", "640 MB"),
        ("A run takes 1,234 ms.", "1,234 ms"),
        ("It has not run for 444 days.", "444 days"),
        ("All 2,000 functions are idle.", "2,000 functions"),
        (f"Twice {usd(ASSESSMENT.cost)} is {usd(ASSESSMENT.cost * 2)}.", usd(ASSESSMENT.cost * 2)),
        (f"Rounded up to {usd(ASSESSMENT.cost + Decimal('0.01'))}.", usd(ASSESSMENT.cost + Decimal("0.01"))),
    ],
)
def test_any_other_figure_is_refused_and_named(summary, figure):
    with pytest.raises(UntrueNarrativeError) as refused:
        check(summary)
    assert f"summary: {figure!r} is not in the findings" in str(refused.value)
    assert "Use only figures that the tools returned" in str(refused.value)


def test_remarks_are_checked_like_the_summary():
    remarks = {LARGEST.identifier: f"It is {usd(LARGEST.saving)}, not $77.77."}
    with pytest.raises(UntrueNarrativeError, match=rf"{LARGEST.identifier}: '\$77\.77'"):
        check(**remarks)


def test_a_remark_on_a_finding_that_is_not_there_is_refused():
    with pytest.raises(UntrueNarrativeError, match="idle:us-east-1/nowhere: there is no such finding"):
        check(**{"idle:us-east-1/nowhere": "Delete it."})


def test_all_that_is_wrong_is_told_at_once():
    with pytest.raises(UntrueNarrativeError) as refused:
        check("It is $1 or 77%.", nowhere="$3")
    assert str(refused.value).count("\n- ") == 4


class TestComputedNarrative:
    @pytest.mark.parametrize("profiles", [(), FACTS.profiles[:1], FACTS.profiles, FACTS.profiles[2:3]])
    def test_it_is_true(self, profiles):
        assessment = estate.assess(facts(*profiles))
        narrative.check(narrative.computed(assessment), assessment)

    def test_it_names_what_is_spent_and_the_largest_saving(self):
        summary = narrative.computed(ASSESSMENT).summary
        assert usd(ASSESSMENT.cost) in summary
        assert usd(ASSESSMENT.saving) in summary
        assert f"{LARGEST.function} (" in summary

    def test_it_says_when_there_is_nothing_to_save_and_when_something_is_missing(self):
        summary = narrative.computed(estate.assess(facts(FACTS.profiles[2]))).summary
        assert "No change would save a notable amount. Not everything could be read: see the gaps." in summary
