import re
from datetime import UTC, datetime

from agent.analyst.analysis import estate
from agent.analyst.analysis.finding import Category
from agent.analyst.report.document import COMPUTED, Changes, Narrative, usd
from agent.analyst.report.pages import markdown
from tests.agent.analyst.analysis.profiles import healthy
from tests.agent.analyst.report.reports import facts, report

REPORT = report()
TEXT = markdown.render(REPORT)


def test_it_begins_with_the_result_and_the_account():
    assert TEXT.startswith(f"# {usd(REPORT.assessment.saving)} of {usd(REPORT.assessment.cost)} a month can be saved\n")
    assert "\nAWS Lambda cost report · Account 123456789012 · us-east-1 · 15 days, 7 Nov" in TEXT
    assert "\n\nFirst this.\n\nThen checkout & forgotten.\n" in TEXT


def test_every_opportunity_has_its_saving_formula_and_commands():
    for finding in REPORT.assessment.findings_of(Category.OPPORTUNITY):
        assert f"Saves {usd(finding.saving)} a month" in TEXT
        assert f"= {usd(finding.saving)}" in TEXT
        for label, commands in (("To apply", finding.proposal.change.cli), ("To undo", finding.proposal.change.undo)):
            assert re.search(rf"{label}(: first replace \\<…\\>)?:\n\n```sh\n{re.escape(commands)}\n```", TEXT)


def test_tables_have_the_texts_of_the_outline():
    assert "| logs:FilterLogEvents | us-east-1 | all | AccessDeniedException | memory sizes are not judged |" in TEXT
    assert "| unread | python3.14, arm64 | 1,024 MB | not known |" in TEXT
    assert "- Prices of us-east-1: List prices as of 2026-08-21, from https://" in TEXT


def test_names_cannot_break_out_of_their_place():
    hostile = healthy(name="a|b`c`<i>*d*", runtime="python3.8")
    text = markdown.render(report(assessment=estate.assess(facts(hostile))))
    assert "a\\|b\\`c\\`\\<i\\>\\*d\\*" in text


def test_remarks_appear_with_their_findings():
    identifier = REPORT.assessment.findings_of(Category.OPPORTUNITY)[0].identifier
    remarked = report(narrative=Narrative(summary="Words.", remarks={identifier: "Do this first."}, author="model"))
    assert "> Do this first." in markdown.render(remarked)


def test_changes_are_listed_by_kind():
    changes = Changes(
        since=datetime(2026, 11, 16, tzinfo=UTC), new=("idle:us-east-1/a",), resolved={"x": "gone"}, regressed=()
    )
    text = markdown.render(report(changes=changes))
    assert "1 new, 1 resolved.\n" in text
    assert "| a | Idle functions | new |" in text


def test_an_empty_account_is_reported():
    empty = report(assessment=estate.assess(facts(gaps=())), narrative=Narrative(summary="Nothing.", author=COMPUTED))
    text = markdown.render(empty)
    assert text.startswith("# No functions found\n")
    assert "None: everything could be read." in text


def test_the_summary_cannot_contain_markup():
    summary = "<img src=x onerror=alert(1)> [here](https://evil.example) ![p](x) # no heading"
    text = markdown.render(report(narrative=Narrative(summary=summary, author="model")))
    (words,) = [line for line in text.splitlines() if "onerror" in line]
    assert words.startswith(r"\<img src=x onerror=alert(1)\>")
    assert re.findall(r"(?<!\\)[<\[]", words) == []


def test_undecided_functions_are_listed_with_the_reason():
    text = markdown.render(report())
    assert "| Over-provisioned memory | its usage could not be read | unread | 1 |" in text


def test_session_id_and_author_cannot_contain_markup():
    hostile = "<img src=x onerror=alert(1)>"
    text = markdown.render(report(session_id=hostile, narrative=Narrative(summary="Words.", author=hostile)))
    assert text.count(r"\<img src=x onerror=alert(1)\>") == 2
    assert hostile not in text
