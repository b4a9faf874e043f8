"""Properties of the check, for all figures of the tests' account and for all texts."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.analyst.narrative.keys import ACCOUNT, Kind
from agent.analyst.narrative.narrative import UntrueNarrativeError
from tests.agent.analyst.narrative.keys import FIGURES, published

SAYS = {"cost": "costs", "saving": "saves", "remaining": "after the changes still costs"}
AMOUNTS = [figure for figure in FIGURES if figure.kind is Kind.MONEY and not figure.topic]
SAVINGS = [figure for figure in FIGURES if figure.topic and figure.meaning == "saving"]
OTHERS = [figure for figure in FIGURES if figure.kind in {Kind.COUNT, Kind.EVIDENCE}]
ISSUES = {"memory-excess": "less memory", "idle": "its deletion", "architecture": "arm64"}
SUBJECTS = {ACCOUNT: "The account", **{handle: handle for handle in FIGURES.names}}

digits = st.characters(categories=["Nd", "Nl", "No"])
letters = st.characters(categories=["Ll", "Lu", "Zs", "Po", "Pd"], exclude_characters="{}")


def is_published(text):
    try:
        return published(text).summary
    except UntrueNarrativeError:
        return None


@pytest.mark.parametrize("figure", AMOUNTS, ids=lambda figure: figure.key)
def test_an_amount_is_published_only_as_what_it_is_of_what_it_is_about(figure):
    accepted = {
        (meaning, scope)
        for meaning, verb in SAYS.items()
        for scope, subject in SUBJECTS.items()
        if is_published(f"{subject} {verb} {{{figure.key}}} a month.")
    }
    assert accepted == {(figure.meaning, figure.subject)}


@pytest.mark.parametrize("figure", SAVINGS, ids=lambda one: one.key)
def test_a_saving_of_an_issue_is_published_only_with_this_issue(figure):
    subject = SUBJECTS[figure.subject]
    texts = {issue: f"{subject} saves {{{figure.key}}} with {words}." for issue, words in ISSUES.items()}
    accepted = {issue for issue, text in texts.items() if is_published(text)}
    assert accepted == {figure.topic} & ISSUES.keys()


@pytest.mark.parametrize("figure", OTHERS, ids=lambda one: one.key)
def test_counts_and_evidence_need_no_words(figure):
    subject = "The account" if figure.subject == ACCOUNT else figure.subject
    value = f"{figure.value:,}" if isinstance(figure.value, int) else figure.value
    assert value in published(f"{subject} has {{{figure.key}}}.").summary


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(before=st.text(letters), digit=digits, after=st.text(letters))
def test_a_digit_of_any_script_among_words_is_refused(before, digit, after):
    text = f"{before}, {digit}, {after}"
    if any(character.isnumeric() for character in unicodedata.normalize("NFKC", digit)):
        assert is_published(text) is None


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(words=st.text(max_size=60))
def test_any_text_is_published_as_it_was_checked_or_refused(words):
    text = is_published(words)
    assert text is None or is_published(text) == text
