import re
from datetime import UTC, datetime
from decimal import Decimal

from agent.analyst.analysis import estate
from agent.analyst.analysis.finding import Standing
from agent.analyst.report import markdown
from agent.analyst.report.document import COMPUTED, Changes, Narrative, usd
from tests.agent.analyst.analysis.profiles import healthy
from tests.agent.analyst.report.reports import facts, report

REPORT = report()
TEXT = markdown.render(REPORT)


def test_it_begins_with_the_account_and_the_words():
    assert TEXT.startswith("# AWS Lambda costs of account 123456789012\n\nFirst this.\n\nThen checkout & forgotten.\n")


def test_every_opportunity_has_its_saving_formula_and_commands():
    for finding in REPORT.findings(Standing.OPPORTUNITY):
        assert f"{finding.function}: {usd(finding.saving)} a month" in TEXT
        assert f"= {usd(finding.saving)}" in TEXT
        assert finding.proposal.change.cli in TEXT
        assert finding.proposal.change.pulumi in TEXT


def test_minor_savings_advice_gaps_and_method_follow():
    headings = [line for line in TEXT.splitlines() if line.startswith("## ")]
    assert headings == [
        "## Opportunities",
        "## Minor savings, for when the function is changed anyway",
        "## Advice that saves nothing by itself",
        "## Spend by function",
        "## Gaps",
        "## Method",
    ]
    assert "| logs:FilterLogEvents | us-east-1 | all | AccessDeniedException | memory sizes are not judged |" in TEXT
    assert "| unread | us-east-1 | 1,024 MB | not known |" in TEXT
    assert "list prices as of 2026-08-21" in TEXT


def test_names_cannot_break_out_of_their_place():
    hostile = healthy(name="a|b`c`<i>*d*", runtime="python3.8")
    text = markdown.render(report(assessment=estate.assess(facts(hostile))))
    assert "a\\|b\\`c\\`\\<i\\>\\*d\\*" in text


def test_remarks_stand_with_their_findings():
    identifier = REPORT.findings(Standing.OPPORTUNITY)[0].identifier
    remarked = report(narrative=Narrative(summary="Words.", remarks={identifier: "Do this first."}, author="model"))
    assert "> Do this first." in markdown.render(remarked)


def test_changes_are_listed_by_kind():
    changes = Changes(
        since=datetime(2026, 11, 16, tzinfo=UTC), new=("idle:us-east-1/a",), resolved={"x": "gone"}, regressed=()
    )
    text = markdown.render(report(changes=changes))
    assert "## Since the last report (2026-11-16)\n\n- New: idle:us-east-1/a\n- Resolved: x\n" in text


def test_an_empty_account_is_reported_in_few_words():
    empty = report(assessment=estate.assess(facts(gaps=())), narrative=Narrative(summary="Nothing.", author=COMPUTED))
    text = markdown.render(empty)
    assert f"| 0 | {usd(Decimal(0))} | {usd(Decimal(0))} | 0.0% |" in text
    assert "None found." in text
    assert "None: everything that was asked for could be read." in text


def test_only_the_dearest_functions_are_listed():
    many = [healthy(name=f"f{number:03d}") for number in range(60)]
    text = markdown.render(report(assessment=estate.assess(facts(*many))))
    assert "The other 40 functions are in findings.json." in text


def test_the_model_s_words_cannot_become_anything_but_words():
    summary = "<img src=x onerror=alert(1)> [here](https://evil.example) ![p](x) # no heading"
    text = markdown.render(report(narrative=Narrative(summary=summary, author="model")))
    (words,) = [line for line in text.splitlines() if "onerror" in line]
    assert words.startswith(r"\<img src=x onerror=alert(1)\>")
    assert re.findall(r"(?<!\\)[<\[]", words) == []


def test_what_could_not_be_judged_is_told_with_its_reason():
    text = markdown.render(report())
    assert "| Over-provisioned memory | 1 | its use could not be read | unread |" in text


def test_who_asked_for_a_report_and_who_wrote_it_cannot_put_markup_into_it():
    hostile = "<img src=x onerror=alert(1)>"
    text = markdown.render(report(session_id=hostile, narrative=Narrative(summary="Words.", author=hostile)))
    assert text.count(r"\<img src=x onerror=alert(1)\>") == 2
    assert hostile not in text
