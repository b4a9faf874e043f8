import time
from dataclasses import replace
from decimal import Decimal

import pytest

from agent.analyst.analysis import estate
from agent.analyst.analysis.profile import Architecture
from agent.analyst.narrative import narrative
from agent.analyst.narrative.narrative import UntrueNarrativeError
from agent.analyst.report.document import Narrative, usd
from agent.analyst.tools import summaries
from tests.agent.analyst.analysis.profiles import healthy
from tests.agent.analyst.report.reports import FACTS, facts

ASSESSMENT = estate.assess(FACTS)
CHECKOUT = next(function for function in ASSESSMENT.functions if function.profile.name == "checkout")
LARGEST = ASSESSMENT.findings[0]


def check(summary="All is said.", **remarks):
    words = Narrative(summary=summary, remarks=remarks, author="model")
    narrative.check(words, ASSESSMENT, summaries.tool_results(ASSESSMENT, ()))


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
        "Memory goes from 3,008 to 1,536 MB, and 50% of a run of checkout is taken to compute.",
        "In 15 days checkout had 1,000,000 calls of 1,000 ms, with a p99 of 4,000 ms and a timeout of 30 s.",
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
        ("It saves ½ of it.", "1\u20442"),
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


@pytest.mark.parametrize(
    ("summary", "figure"),
    [
        # The number is known, but counts something else.
        ("checkout needs 3,008 GB.", "3,008 GB"),
        ("checkout has a timeout of 30 minutes.", "30 minutes"),
        ("It pays for itself in 15 months.", "15 months"),
        ("checkout saves 4,000 per month.", "4,000"),
        ("checkout saves 3,008 dollars.", "3,008 dollars"),
        ("All 4 functions fail.", "4 functions"),
        ("All four functions fail.", "four functions"),
        (f"It saves {usd(ASSESSMENT.saving)} per year.", usd(ASSESSMENT.saving)),
        (f"It saves {usd(ASSESSMENT.saving)} a day.", usd(ASSESSMENT.saving)),
        (f"It saves {ASSESSMENT.saving} euros.", f"{ASSESSMENT.saving} euros"),
        # No tool returns fractions, ratios or numbers in words.
        ("The cost falls by a third.", "by a third"),
        ("It cuts the bill in half.", "in half"),
        ("This doubles the cost.", "doubles"),
        ("It costs twice as much.", "twice as"),
        ("It saves 2/3 of the bill.", "2/3"),
        ("Of its runs, 1 in 5 fails.", "1 in 5"),
        ("It saves fifty percent.", "fifty percent"),
        # Other spellings.
        ("It saves 10 000 USD.", "10 000 USD"),
        ("It saves **9**,999 dollars.", "9,999 dollars"),
        ("It saves \uff17\uff17 dollars.", "77 dollars"),
        ("It saves 7\u200b7 dollars.", "77 dollars"),
        ("It saves 7\u034f\u3164\ufe0f7 dollars.", "77 dollars"),
        ("It costs 4e3 dollars.", "4e3 dollars"),
        ("It has been idle for 44 days.", "44 days"),
    ],
)
def test_a_number_is_known_only_as_what_it_counts(summary, figure):
    with pytest.raises(UntrueNarrativeError) as refused:
        check(summary)
    assert f"{figure!r} is not known, in " in str(refused.value)


@pytest.mark.parametrize(
    "summary",
    [
        f"The bill falls from {usd(ASSESSMENT.cost)} to {usd(ASSESSMENT.cost - ASSESSMENT.saving)} a month.",
        f"It falls from {ASSESSMENT.cost:.1f} to {ASSESSMENT.cost - ASSESSMENT.saving:.0f} dollars.",
        "checkout had 1 million calls in 15 days.",
        "All 5 functions are in 1 region, and all 4 functions on arm64 stay there.",
        "Watch p99 for two weeks, or wait over the next 10 days; a third party may call it.",
        "The 99th percentile stays below 4,000 ms on checkout. HTTP 429 and 5xx are retried, 24/7.",
        "Account 123456789012 is looked at.",
        "Python 3.8 is deprecated since 14 October 2024. These two functions come first.",
        "checkout takes 1.48 times as long; aws lambda takes --memory-size 1536 for it.",
    ],
)
def test_correct_figures_are_accepted(summary):
    check(summary)


def test_a_figure_about_one_function_needs_its_name_unless_it_was_inspected():
    check("checkout has a timeout of 30 s.")
    check(**{LARGEST.identifier: "Its timeout is 30 s."})
    with pytest.raises(UntrueNarrativeError, match=r"(?s)'30 s' is not known.*name the function"):
        check("One of them has a timeout of 30 s.")
    words = Narrative(summary="One of them has a timeout of 30 s.", author="model")
    narrative.check(words, ASSESSMENT, summaries.tool_results(ASSESSMENT, ["checkout"]))


def test_a_refusal_with_many_problems_stays_short():
    with pytest.raises(UntrueNarrativeError) as refused:
        check(", ".join(f"${number}" for number in range(9_000, 9_900)))
    assert len(str(refused.value)) < 8_000
    assert "- and 880 more" in str(refused.value)


def test_a_number_in_a_function_name_is_no_figure():
    named = estate.assess(facts(replace(FACTS.profiles[0], name="campaign-2024")))
    words = Narrative(summary="campaign-2024 runs on an old runtime.", author="model")
    narrative.check(words, named, summaries.tool_results(named, ()))
    with pytest.raises(UntrueNarrativeError, match="'2024 runs'"):
        check(words.summary)


@pytest.mark.parametrize("figure", ["500", "10k", "44-days"])
def test_a_function_named_like_a_figure_does_not_hide_the_figure(figure):
    named = estate.assess(facts(replace(FACTS.profiles[0], name=figure)))
    words = Narrative(summary=f"It saves {figure} a month.", author="model")
    with pytest.raises(UntrueNarrativeError, match=f"'{figure}' is not known"):
        narrative.check(words, named, summaries.tool_results(named, ()))


def test_a_cost_is_not_accepted_as_a_number_of_functions():
    assert f"{CHECKOUT.cost:.0f}" == "99"
    check("It costs 99 a month.")
    with pytest.raises(UntrueNarrativeError, match="'99 functions' is not known"):
        check("In all 99 functions fail.")


@pytest.mark.parametrize("profile", FACTS.profiles, ids=lambda profile: profile.name)
def test_every_sentence_of_a_tool_result_may_be_repeated(profile):
    assessment = estate.assess(facts(profile))
    sentences = [text for finding in assessment.findings for text in finding.proposal.evidence.values()]
    sentences += [finding.formula for finding in assessment.findings]
    sentences += [finding.proposal.title for finding in assessment.findings]
    sentences += [finding.proposal.assumption for finding in assessment.findings]
    words = Narrative(summary="\n\n".join(sentences), author="model")
    narrative.check(words, assessment, summaries.tool_results(assessment, [profile.name]))


def test_a_thousand_functions_are_checked_in_seconds():
    many = [healthy(name=f"f{number:04d}", architecture=Architecture.X86_64) for number in range(1_000)]
    assessment = estate.assess(facts(*many))
    began = time.process_time()
    words = Narrative(summary=f"f0001 costs {usd(assessment.functions[0].cost)}.", author="model")
    narrative.check(words, assessment, summaries.tool_results(assessment, ()))
    assert time.process_time() - began < 10


def test_every_count_of_a_tool_result_may_be_repeated():
    assessment = estate.assess(
        facts(*(replace(FACTS.profiles[4], name=f"roomy{n}") for n in "abcdefghijklmnopqrstuvw"))
    )
    words = Narrative(summary="There are 23 functions on the same runtime.", author="model")
    narrative.check(words, assessment, summaries.tool_results(assessment, ()))


def test_a_refusal_contains_the_sentence_of_each_wrong_figure():
    with pytest.raises(UntrueNarrativeError) as refused:
        check("First this. Then it saves $77.77 a month. At last that.")
    assert "'$77.77' is not known, in 'Then it saves $77.77 a month.'" in str(refused.value)


def test_remarks_are_checked_like_the_summary():
    remarks = {LARGEST.identifier: f"It is {usd(LARGEST.saving)}, not $77.77."}
    with pytest.raises(UntrueNarrativeError, match=rf"{LARGEST.identifier}: '\$77\.77'"):
        check(**remarks)


def test_a_remark_on_an_unknown_finding_is_refused():
    with pytest.raises(UntrueNarrativeError, match="idle:us-east-1/nowhere: there is no such finding"):
        check(**{"idle:us-east-1/nowhere": "Delete it."})


def test_a_refusal_lists_all_problems_at_once():
    with pytest.raises(UntrueNarrativeError) as refused:
        check("It is $1 or 77%.", nowhere="$3")
    assert str(refused.value).count("\n- ") == 4


class TestComputedNarrative:
    @pytest.mark.parametrize("profiles", [(), FACTS.profiles[:1], FACTS.profiles, FACTS.profiles[2:3]])
    def test_its_figures_are_accepted(self, profiles):
        assessment = estate.assess(facts(*profiles))
        narrative.check(narrative.computed(assessment), assessment, summaries.tool_results(assessment, ()))

    def test_it_names_the_cost_and_the_largest_saving(self):
        summary = narrative.computed(ASSESSMENT).summary
        assert usd(ASSESSMENT.cost) in summary
        assert usd(ASSESSMENT.saving) in summary
        assert f"{LARGEST.function} (" in summary

    def test_it_reports_that_nothing_can_be_saved_and_that_data_is_missing(self):
        summary = narrative.computed(estate.assess(facts(FACTS.profiles[2]))).summary
        assert "No change would save a notable amount. Not everything could be read: see the gaps." in summary
