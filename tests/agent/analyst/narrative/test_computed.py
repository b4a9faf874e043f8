"""The text of a run whose model wrote none."""

from dataclasses import replace

from agent.analyst.analysis import estate
from agent.analyst.narrative.computed import computed
from agent.analyst.report.document import usd
from tests.agent.analyst.narrative.keys import ASSESSMENT
from tests.agent.analyst.report.reports import FACTS, facts

LARGEST = ASSESSMENT.findings[0]


def test_it_names_the_cost_and_the_largest_saving():
    text = computed(ASSESSMENT).summary
    assert usd(ASSESSMENT.cost) in text
    assert usd(ASSESSMENT.saving) in text
    assert f"{LARGEST.function} (" in text


def test_it_reports_that_nothing_can_be_saved_and_that_data_is_missing():
    text = computed(estate.assess(facts(FACTS.profiles[2]))).summary
    assert "No change would save a notable amount. Not everything could be read: see the gaps." in text


def test_it_names_what_each_owner_costs_and_can_save():
    owned = [replace(one, owner="shop" if one.name == "checkout" else None) for one in FACTS.profiles]
    text = computed(estate.assess(replace(FACTS, profiles=tuple(owned), group_by_tag="team"))).summary
    assert "Owner \u201cshop\u201d: $98.82 a month, of which 2 changes would save $38.74; 0 recommendations." in text
    assert "Functions without an owner: $73.75 a month, of which 1 change would save $18.02" in text
    assert "shop" not in computed(ASSESSMENT).summary


def test_a_tag_that_could_read_as_a_statement_is_not_in_the_text():
    owned = [replace(one, owner="saves $9,999") for one in FACTS.profiles]
    text = computed(estate.assess(replace(FACTS, profiles=tuple(owned), group_by_tag="team"))).summary
    assert "Owner \u201c...\u201d: $172.57 a month" in text
    assert "9,999" not in text
