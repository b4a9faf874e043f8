"""Sentences about the tests' account, false and true ones, written by somebody other than the code's author.

`sentences.json` is a list of `{"text": …, "true": …, "why": …}`. The text is what the model would write, with keys in
braces. A true one must be published and a false one must be refused. A remark has the finding in "finding".
`model_sentences.json` and `further_sentences.json` have sentences as models write them, by the code's authors.
"""

import json
from pathlib import Path

import pytest

from agent.analyst.narrative.narrative import UntrueNarrativeError
from tests.agent.analyst.narrative.keys import published

FOLDER = Path(__file__).parent
SENTENCES = [
    sentence
    for name in ("sentences.json", "model_sentences.json", "further_sentences.json")
    for sentence in json.loads((FOLDER / name).read_text(encoding="utf-8"))
]


def said(sentence):
    finding = sentence.get("finding")
    return published("All is said.", **{finding: sentence["text"]}) if finding else published(sentence["text"])


@pytest.mark.parametrize("sentence", [one for one in SENTENCES if one["true"]], ids=lambda one: one["text"][:60])
def test_a_true_sentence_is_published(sentence):
    assert said(sentence)


@pytest.mark.parametrize("sentence", [one for one in SENTENCES if not one["true"]], ids=lambda one: one["text"][:60])
def test_a_false_sentence_is_refused(sentence):
    with pytest.raises(UntrueNarrativeError):
        said(sentence)
