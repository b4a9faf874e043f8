"""Every word that the check knows, in a sentence that would be judged wrongly without it.

`words.json` has the words in groups, separated by `|`. In the group "another figure" they take the place of `_`.
"""

import json
from pathlib import Path

import pytest

from agent.analyst.narrative.narrative import UntrueNarrativeError
from tests.agent.analyst.narrative.keys import published

GROUPS = json.loads(Path(__file__).with_name("words.json").read_text(encoding="utf-8"))
SAID = [(key, word) for key, words in GROUPS["meanings"].items() for word in words.split("|")]
OTHERS = GROUPS["another meaning of the group"]
UNITS, COUNTED = GROUPS["units"].split("|"), GROUPS["counted"].split("|")
NUMBERS = [*GROUPS["numbers"].split("|"), *(f"one {thing}" for thing in (*UNITS, *COUNTED))]

REFUSED = [
    *(f"In the account and on checkout it {word} {{{OTHERS[key]}}}." for key, word in SAID),
    *(f"On checkout it {word} {{checkout.cost}}." for word in GROUPS["no amount that a key means"].split("|")),
    *(f"On checkout the {word} is {{checkout.p99}}." for word in GROUPS["no measure that a key means"].split("|")),
    *("{account.functions} did not run.", "{account.functions} never ran.", "{account.functions} ran."),
    *(text.replace("_", word) for text, words in GROUPS["another figure"].items() for word in words.split("|")),
    *(f"{words} costs {{checkout.cost}}." for words in GROUPS["all functions"].split("|")),
    *(
        f"On checkout, {word} saves {{{key}}}."
        for key, many in GROUPS["another topic"].items()
        for word in many.split("|")
    ),
    *(f"The account costs {{account.cost}} {unit}." for unit in (*UNITS, "%")),
    *(f"The account has {{account.changes}} {noun}." for noun in COUNTED if noun != "changes"),
    *(f"All is said, and it is {number}." for number in NUMBERS),
]
UNLABELLED = [
    *(f"On checkout with arm64, it {word} {{{key}}}." for key, word in SAID if not key.startswith("account")),
    *(f"In the account it {word} {{{key}}}." for key, word in SAID if key.startswith("account")),
    "Less memory lowers the cost of checkout by about {checkout.memory-excess.saving}.",
    *(f"{{checkout.saving}} of the {whole} of checkout is saved." for whole in ("costs", "bill", "spending", "spend")),
    *(f"checkout saves {{checkout.saving}} {word} its cost is high." for word in GROUPS["conjunctions"].split("|")),
    "Wait for days or for a week, then checkout saves {checkout.saving}.",
]


@pytest.mark.parametrize("text", REFUSED)
def test_a_word_that_makes_a_sentence_false_is_known(text):
    with pytest.raises(UntrueNarrativeError):
        published(text)


@pytest.mark.parametrize("text", UNLABELLED)
def test_a_word_that_says_what_a_value_is_is_known(text):
    assert "(" not in published(text).summary


@pytest.mark.parametrize("words", GROUPS["harmless"].split("|"))
def test_a_harmless_form_is_published(words):
    assert published(f"Look at this first: {words}.").summary == f"Look at this first: {words}."
