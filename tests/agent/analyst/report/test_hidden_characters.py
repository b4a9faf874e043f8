"""A report shows hidden characters, whatever they come from, in each of its renderings."""

import json

import pytest

from agent.analyst.analysis import estate
from agent.analyst.report import findings_csv, findings_json
from agent.analyst.report.document import Narrative
from agent.analyst.report.pages import html as page
from agent.analyst.report.pages import markdown
from tests.agent.analyst.analysis.profiles import healthy
from tests.agent.analyst.report.reports import facts, report

HIDDEN = "\x1b]0;title\x07\x9b31m\u202e\u200b"


@pytest.fixture(scope="module")
def foreign():
    profile = healthy(name=f"name{HIDDEN}", runtime="python3.8")
    narrative = Narrative(summary=f"Words{HIDDEN}.\n\nMore.", author=f"model{HIDDEN}")
    return report(session_id=f"session{HIDDEN}", assessment=estate.assess(facts(profile)), narrative=narrative)


@pytest.mark.parametrize("rendering", [page, markdown, findings_json], ids=["HTML", "Markdown", "JSON"])
def test_no_rendering_has_a_hidden_character(foreign, rendering):
    text = rendering.render(foreign)
    assert text.replace("\n", "").isprintable()
    for name in ("name", "Words", "model"):
        assert rf"{name}\u001b]0;title\u0007\u009b31m\u202e\u200b" in text.replace("\\]", "]")


def test_no_cell_of_the_table_has_a_hidden_character(foreign):
    text = findings_csv.render(foreign).removeprefix(findings_csv.BYTE_ORDER_MARK)
    assert text.replace("\r\n", "").isprintable()
    assert r"name\u001b]0;title\u0007\u009b31m\u202e\u200b" in text


def test_programs_read_the_exact_text_from_the_json(foreign):
    assert json.loads(findings_json.render(foreign))["summary"] == f"Words{HIDDEN}.\n\nMore."
