import html
import itertools
import re
from datetime import UTC, datetime
from decimal import Decimal
from html.parser import HTMLParser

import pytest

from agent.analyst.analysis import estate
from agent.analyst.analysis.finding import Standing
from agent.analyst.analysis.profile import Architecture
from agent.analyst.report import html_page
from agent.analyst.report.document import COMPUTED, Changes, Narrative, NotJudged, usd
from tests.agent.analyst.analysis.profiles import healthy, used
from tests.agent.analyst.report.reports import facts, report

REPORT = report()
PAGE = html_page.render(REPORT)
VOID = {"meta", "br"}


class Outline(HTMLParser):
    """Checks that elements nest, and keeps what a test looks for."""

    def __init__(self, page):
        super().__init__()
        self.open = []
        self.elements = []
        self.text = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


OUTLINE = Outline(PAGE)


def test_it_needs_nothing_from_anywhere():
    for _, attributes in OUTLINE.elements:
        assert not {"src", "href", "action", "onclick"} & set(attributes)
    assert OUTLINE.all("script") == OUTLINE.all("link") == OUTLINE.all("img") == []
    assert not re.search(r"url\(|@import|@font-face", PAGE)
    [policy] = [meta["content"] for meta in OUTLINE.all("meta") if "http-equiv" in meta]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"


def test_it_fits_a_phone_both_colour_schemes_and_paper():
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in OUTLINE.all("meta")
    assert "@media (prefers-color-scheme: dark)" in PAGE
    assert "@media print" in PAGE


def test_its_language_title_and_headings_are_in_order():
    assert OUTLINE.all("html") == [{"lang": "en"}]
    headings = [int(tag[1]) for tag, _ in OUTLINE.elements if re.fullmatch(r"h\d", tag)]
    assert headings[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(headings))
    assessment = REPORT.assessment
    headline = f"{usd(assessment.saving)} of {usd(assessment.cost)} a month can be saved"
    assert f"<title>AWS Lambda costs: {headline}</title>" in PAGE
    assert f"<h1>{headline}</h1>" in PAGE


def test_charts_are_drawings_beside_numbers_that_can_be_read():
    drawings = OUTLINE.all("svg")
    assert drawings
    assert all(cell["aria-hidden"] == "true" for cell in OUTLINE.all("td") if cell.get("class") == "bar")
    assert re.findall(r"<figcaption>([^<]+)", PAGE) == [
        "What the functions cost, and which part could be saved",
        "How the changes bring the cost down",
        "What each kind of change saves",
    ]
    for bar in OUTLINE.all("rect"):
        assert 0 <= int(bar["x"]) <= 1_000
        assert 0 < int(bar["width"]) <= 1_000


def test_every_header_cell_says_what_it_heads():
    assert all(cell.get("scope") in {"row", "col"} for cell in OUTLINE.all("th"))


def test_every_cell_of_a_listing_names_its_column_for_where_there_is_no_room_for_a_head():
    labels = [cell.get("data-label") for cell in OUTLINE.all("td") if cell.get("class") != "bar"]
    assert {"Matter", "Change", "Why", "Among them"} <= set(labels)
    assert len(OUTLINE.all("table")) > PAGE.count('class="listing stacked"') > 0
    assert ".stacked td::before { content: attr(data-label)" in PAGE


def test_without_a_gap_nothing_is_said_to_be_unread():
    page = html_page.render(report(assessment=estate.assess(facts(healthy(log_group=None), gaps=()))))
    assert "a function below may be fine, or not" in page
    assert "What could not be read is not guessed" not in page
    assert "None: everything that was asked for could be read." not in page


def test_every_finding_is_on_the_page():
    text = " ".join(OUTLINE.text)
    for finding in REPORT.assessment.findings:
        assert finding.proposal.change.summary in text
    for finding in REPORT.findings(Standing.OPPORTUNITY):
        assert finding.formula in text


def test_whatever_comes_from_the_account_or_the_model_is_escaped():
    hostile = "<script>alert('x')</script>"
    page = html_page.render(
        report(
            assessment=estate.assess(facts(healthy(name=hostile, runtime="python3.8", region="us-east-1"))),
            narrative=Narrative(summary=f"Look at {hostile} & \"this\".", author=hostile),
            prompt=hostile,
            session_id=hostile,
        )
    )  # fmt: skip
    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 5
    Outline(page)


def test_function_names_in_the_words_are_set_as_code():
    assert "Then <code>checkout</code> &amp; <code>forgotten</code>." in PAGE


def test_a_name_within_another_name_is_left_alone():
    words = Narrative(summary="checkout-api is not checkout.", author="model")
    assert "<p>checkout-api is not <code>checkout</code>.</p>" in html_page.render(report(narrative=words))


def test_remarks_stand_with_their_findings():
    identifier = REPORT.findings(Standing.OPPORTUNITY)[0].identifier
    words = Narrative(summary="Words.", remarks={identifier: "Do this first."}, author="model")
    assert "<blockquote>Do this first.</blockquote>" in html_page.render(report(narrative=words))


@pytest.mark.parametrize(
    ("profiles", "headline"),
    [((), "No functions found"), ((healthy(),), "$27.57 a month, and nothing notable to save")],
)
def test_where_nothing_can_be_saved_it_says_so(profiles, headline):
    page = html_page.render(report(assessment=estate.assess(facts(*profiles, gaps=()))))
    assert f"<h1>{headline}</h1>" in page
    assert "Changes worth making</h2>" not in page
    Outline(page)


def test_changes_since_the_last_report_are_listed_by_kind():
    changes = Changes(
        since=datetime(2026, 11, 6, tzinfo=UTC),
        new=("idle:us-east-1/a",),
        resolved={"errors:us-east-1/b": "gone"},
        regressed=("architecture:us-east-1/c",),
    )
    page = html_page.render(report(changes=changes))
    assert "Since the last report, 6 Nov 2026" in page
    assert "<li><code>a</code>: idle functions</li>" in page
    for kind in ("new", "resolved", "regressed"):
        assert f"<dt>1 {kind}</dt>" in page


def test_no_change_is_said_too():
    nothing = Changes(since=datetime(2026, 11, 6, tzinfo=UTC), new=(), resolved={}, regressed=())
    assert "Nothing has changed." in html_page.render(report(changes=nothing))


def test_who_wrote_the_words_is_said():
    assert "The words are by model; each number in them was checked" in PAGE
    page = html_page.render(report(narrative=Narrative(summary="Computed.", author=COMPUTED)))
    assert "and so are the words: the model wrote none, or none that held true." in page


def test_a_thousand_functions_make_a_page_that_can_still_be_opened():
    many = [
        healthy(name=f"f{number:04d}", architecture=Architecture.X86_64, usage=used(invocations=number + 1))
        for number in range(1_000)
    ]
    page = html_page.render(report(assessment=estate.assess(facts(*many))))
    assert len(page) < 300_000
    assert "900 more are in findings.json." in page
    Outline(page)


def test_what_no_rule_could_judge_is_said_with_its_reason_and_its_functions():
    assert "None: everything that was asked for could be read." not in PAGE
    text = re.sub(r"<[^>]+>", " ", PAGE)
    assert re.search(r"Over-provisioned memory\s+1\s+its use could not be read\s+unread", text)


def test_a_finding_that_could_not_be_judged_again_is_no_change_and_is_listed_all_the_same():
    lost = NotJudged(identifier="idle:us-east-1/gone", title="t", saving=Decimal(1), reason="it was not looked at")
    since = Changes(since=datetime(2026, 11, 16, tzinfo=UTC), new=(), resolved={}, regressed=(), not_judged=(lost,))
    page = html_page.render(report(changes=since))
    assert not since
    assert "Nothing has changed." in page
    assert "1 not judged this time" in page
    assert "it was not looked at" in page


def test_the_method_says_what_costs_leave_out_and_which_prompt_was_used():
    text = html.unescape(re.sub(r"<[^>]+>", "", PAGE))
    for left_out in ("initialisation of new instances", "SnapStart", "Savings Plans", "Lambda Managed Instances"):
        assert left_out in text
    assert "under version 7 of the analyst's prompt" in text
