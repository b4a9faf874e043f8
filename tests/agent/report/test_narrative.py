import time
from dataclasses import replace
from decimal import Decimal

import pytest

from agent.analysis import estate
from agent.analysis.profile import Architecture
from agent.report import narrative
from agent.report.document import Narrative, usd
from agent.report.narrative import UntrueNarrativeError
from agent.tools import summaries
from tests.agent.analysis.profiles import healthy
from tests.agent.report.reports import FACTS, facts

ASSESSMENT = estate.assess(FACTS)
CHECKOUT = next(function for function in ASSESSMENT.functions if function.profile.name == "checkout")
LARGEST = ASSESSMENT.findings[0]


def check(summary="All is said.", **remarks):
    words = Narrative(summary=summary, remarks=remarks, author="model")
    narrative.check(words, ASSESSMENT, summaries.everything(ASSESSMENT))


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
        "x86_64, arm64, python3.14, 2026-11-23, eu-central-1 and http://127.0.0.1 are names.",
        "1. Ask its owner.\n2. Watch p99 for 7 days, until the end of November 2026.",
        "A month has 730 hours.",
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
        ("Some 500€ can go.", "500€"),
        ("Some 9,999 US dollars can go.", "9,999 US dollars"),
        ("Some 10k USD can go.", "10k USD"),
        ("Some ¥9,999 can go.", "¥9,999"),
        ("It saves $.53.", "$.53"),
        ("The bill falls to 1,100 a month.", "1,100"),
        ("It saves five thousand dollars.", "five thousand dollars"),
        ("It saves two thirds of that.", "two thirds of"),
        ("It costs half of that.", "half of"),
        ("It takes 44 times as long.", "44 times"),
        ("It writes 77 GiB.", "77 GiB"),
        ("It pays for itself in 7 months.", "7 months"),
        ("It has a cost of 2050 a month.", "2050"),
        ("That many can go 9,999 times.", "9,999 times"),
        ("It falls by 93 pct.", "93 pct"),
        ("It keeps 44 units.", "44 units"),
        ("It saves 1.000.000 dollars.", "1.000.000 dollars"),
        ("It saves USD9999 a month.", "USD9999"),
        ("It saves v9999 dollars.", "9999 dollars"),
        ("A total of 2000 dollars can go.", "2000 dollars"),
        ("Let it go 500 dollars lower.", "500 dollars"),
        ("It saves 999999999999 dollars.", "999999999999 dollars"),
        ("It is 3x dearer.", "3x"),
        ("It is tenfold.", "tenfold"),
        ("It saves ½ of it.", "½"),
        ("It saves CHF 30.", "CHF 30"),
        ("Nine in ten runs fail.", "Nine in ten"),
        ("A dozen functions fail.", "A dozen"),
        ("Twenty-seven functions fail.", "Twenty-seven"),
        ("All 11 functions fail.", "11 functions"),
        ("All 2,000 functions are idle.", "2,000 functions"),
        (f"Twice {usd(ASSESSMENT.cost)} is {usd(ASSESSMENT.cost * 2)}.", usd(ASSESSMENT.cost * 2)),
        (f"Rounded up to {usd(ASSESSMENT.cost + Decimal('0.01'))}.", usd(ASSESSMENT.cost + Decimal("0.01"))),
    ],
)
def test_any_other_figure_is_refused_and_named(summary, figure):
    with pytest.raises(UntrueNarrativeError) as refused:
        check(summary)
    assert f"summary: {figure!r} is not known, in " in str(refused.value)
    assert "Use only figures that the tools returned" in str(refused.value)


def test_a_number_in_a_function_s_name_is_no_figure():
    named = estate.assess(facts(replace(FACTS.profiles[0], name="campaign-2024")))
    words = Narrative(summary="campaign-2024 runs on an old runtime.", author="model")
    narrative.check(words, named, summaries.everything(named))
    with pytest.raises(UntrueNarrativeError, match="'2024 runs'"):
        check(words.summary)


def test_a_name_of_digits_alone_hides_no_amount():
    named = estate.assess(facts(replace(FACTS.profiles[0], name="500")))
    words = Narrative(summary="It saves 500 a month.", author="model")
    with pytest.raises(UntrueNarrativeError, match="'500' is not known"):
        narrative.check(words, named, summaries.everything(named))


def test_what_a_function_costs_is_no_number_of_functions():
    assert f"{CHECKOUT.cost:.0f}" == "99"
    check("It costs 99 a month.")
    with pytest.raises(UntrueNarrativeError, match="'99 functions' is not known"):
        check("In all 99 functions fail.")


@pytest.mark.parametrize("profile", FACTS.profiles, ids=lambda profile: profile.name)
def test_every_sentence_that_a_tool_told_may_be_repeated(profile):
    assessment = estate.assess(facts(profile))
    told = [text for finding in assessment.findings for text in finding.proposal.evidence.values()]
    told += [finding.formula for finding in assessment.findings]
    told += [finding.proposal.title for finding in assessment.findings]
    told += [finding.proposal.assumption for finding in assessment.findings]
    words = Narrative(summary="\n\n".join(told), author="model")
    narrative.check(words, assessment, summaries.everything(assessment))


def test_a_thousand_functions_are_checked_in_the_time_of_a_breath():
    many = [healthy(name=f"f{number:04d}", architecture=Architecture.X86_64) for number in range(1_000)]
    assessment = estate.assess(facts(*many))
    began = time.process_time()
    words = Narrative(summary=f"f0001 costs {usd(assessment.functions[0].cost)}.", author="model")
    narrative.check(words, assessment, summaries.everything(assessment))
    assert time.process_time() - began < 10


def test_whatever_a_tool_told_may_be_said():
    assessment = estate.assess(
        facts(*(replace(FACTS.profiles[4], name=f"roomy{n}") for n in "abcdefghijklmnopqrstuvw"))
    )
    words = Narrative(summary="There are 23 functions on the same runtime.", author="model")
    narrative.check(words, assessment, summaries.everything(assessment))


def test_the_sentence_of_each_wrong_figure_is_told():
    with pytest.raises(UntrueNarrativeError) as refused:
        check("First this. Then it saves $77.77 a month. At last that.")
    assert "'$77.77' is not known, in 'Then it saves $77.77 a month.'" in str(refused.value)


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
        narrative.check(narrative.computed(assessment), assessment, summaries.everything(assessment))

    def test_it_names_what_is_spent_and_the_largest_saving(self):
        summary = narrative.computed(ASSESSMENT).summary
        assert usd(ASSESSMENT.cost) in summary
        assert usd(ASSESSMENT.saving) in summary
        assert f"{LARGEST.function} (" in summary

    def test_it_says_when_there_is_nothing_to_save_and_when_something_is_missing(self):
        summary = narrative.computed(estate.assess(facts(FACTS.profiles[2]))).summary
        assert "No change would save a notable amount. Not everything could be read: see the gaps." in summary
