import html
import itertools
import re
from datetime import UTC, datetime
from decimal import Decimal
from html.parser import HTMLParser

import pytest

from agent.analyst.analysis import estate
from agent.analyst.analysis.finding import Category
from agent.analyst.analysis.profile import Architecture
from agent.analyst.report import markdown
from agent.analyst.report.document import COMPUTED, Changes, Narrative, NotJudged, usd
from agent.analyst.report.html import page as html_page
from tests.agent.analyst.analysis.profiles import healthy, used
from tests.agent.analyst.report.reports import facts, report

REPORT = report()
PAGE = html_page.render(REPORT)
VOID = {"meta", "br"}


class Outline(HTMLParser):
    """Checks that elements nest, and collects elements and text."""

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


def test_the_page_loads_nothing():
    for _, attributes in OUTLINE.elements:
        assert not {"src", "href", "action", "onclick"} & set(attributes)
    assert OUTLINE.all("script") == OUTLINE.all("link") == OUTLINE.all("img") == []
    assert not re.search(r"url\(|@import|@font-face", PAGE)
    [policy] = [meta["content"] for meta in OUTLINE.all("meta") if "http-equiv" in meta]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"


def test_the_page_supports_phones_both_colour_schemes_and_print():
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in OUTLINE.all("meta")
    assert "@media (prefers-color-scheme: dark)" in PAGE
    assert "@media print" in PAGE


def test_language_title_and_heading_levels_are_correct():
    assert OUTLINE.all("html") == [{"lang": "en"}]
    headings = [int(tag[1]) for tag, _ in OUTLINE.elements if re.fullmatch(r"h\d", tag)]
    assert headings[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(headings))
    assessment = REPORT.assessment
    headline = f"{usd(assessment.saving)} of {usd(assessment.cost)} a month can be saved"
    assert f"<title>AWS Lambda costs: {headline}</title>" in PAGE
    assert f"<h1>{headline}</h1>" in PAGE


def test_the_headings_are_those_of_the_markdown_report():
    changed = report(changes=Changes(since=datetime(2026, 11, 6, tzinfo=UTC), new=("a",), resolved={}, regressed=()))
    in_markdown = re.findall(r"^## (.+)$", markdown.render(changed), re.MULTILINE)
    assert re.findall(r"<h2>([^<]+)</h2>", html_page.render(changed)) == in_markdown


def test_charts_have_bars_and_readable_numbers():
    drawings = OUTLINE.all("svg")
    assert drawings
    assert all(cell["aria-hidden"] == "true" for cell in OUTLINE.all("td") if cell.get("class") == "bar")
    assert re.findall(r"<figcaption>([^<]+)", PAGE) == [
        "Cost by function, and the part that can be saved",
        "Cost after each change",
        "Savings by issue",
    ]
    for bar in OUTLINE.all("rect"):
        assert 0 <= int(bar["x"]) <= 1_000
        assert 0 < int(bar["width"]) <= 1_000


def test_every_header_cell_has_a_scope():
    assert all(cell.get("scope") in {"row", "col"} for cell in OUTLINE.all("th"))


def test_every_cell_names_its_column_for_narrow_screens():
    labels = [cell.get("data-label") for cell in OUTLINE.all("td") if cell.get("class") != "bar"]
    assert {"Issue", "Change", "Reason", "Examples"} <= set(labels)
    assert len(OUTLINE.all("table")) > PAGE.count('class="listing stacked"') > 0
    assert ".stacked td::before { content: attr(data-label)" in PAGE


def test_without_gaps_no_missing_data_is_mentioned():
    page = html_page.render(report(assessment=estate.assess(facts(healthy(log_group=None), gaps=()))))
    assert "Data was missing to judge these functions" in page
    assert "Missing data is not estimated" not in page
    assert "None: everything could be read." not in page


def test_every_finding_is_on_the_page():
    text = " ".join(OUTLINE.text)
    for finding in REPORT.assessment.findings:
        assert finding.proposal.change.summary in text
    for finding in REPORT.assessment.findings_of(Category.OPPORTUNITY):
        assert finding.formula in text


def test_text_from_the_account_and_the_model_is_escaped():
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


def test_function_names_in_the_summary_are_set_as_code():
    assert "Then <code>checkout</code> &amp; <code>forgotten</code>." in PAGE


def test_a_name_within_another_name_is_left_alone():
    words = Narrative(summary="checkout-api is not checkout.", author="model")
    assert "<p>checkout-api is not <code>checkout</code>.</p>" in html_page.render(report(narrative=words))


def test_remarks_appear_with_their_findings():
    identifier = REPORT.assessment.findings_of(Category.OPPORTUNITY)[0].identifier
    words = Narrative(summary="Words.", remarks={identifier: "Do this first."}, author="model")
    assert "<blockquote>Do this first.</blockquote>" in html_page.render(report(narrative=words))


@pytest.mark.parametrize(
    ("profiles", "headline"),
    [((), "No functions found"), ((healthy(),), "$27.57 a month, no opportunity to save")],
)
def test_a_report_without_opportunities_has_a_headline_that_shows_it(profiles, headline):
    page = html_page.render(report(assessment=estate.assess(facts(*profiles, gaps=()))))
    assert f"<h1>{headline}</h1>" in page
    assert "Opportunities</h2>" not in page
    Outline(page)


def test_changes_since_the_last_report_are_listed_by_kind():
    changes = Changes(
        since=datetime(2026, 11, 6, tzinfo=UTC),
        new=("idle:us-east-1/a",),
        resolved={"errors:us-east-1/b": "gone"},
        regressed=("architecture:us-east-1/c",),
    )
    page = html_page.render(report(changes=changes))
    assert "Changes since the last report (2026-11-06)" in page
    assert "<li><code>a</code>: idle functions</li>" in page
    for kind in ("new", "resolved", "regressed"):
        assert f"<dt>1 {kind}</dt>" in page


def test_the_absence_of_changes_is_reported():
    nothing = Changes(since=datetime(2026, 11, 6, tzinfo=UTC), new=(), resolved={}, regressed=())
    assert "Nothing has changed." in html_page.render(report(changes=nothing))


def test_the_author_of_the_text_is_named():
    assert "The text is by model; each number in it was checked" in PAGE
    page = html_page.render(report(narrative=Narrative(summary="Computed.", author=COMPUTED)))
    assert "The figures and the text are computed: the model wrote no text, or none with correct figures." in page


def test_a_thousand_functions_make_a_page_of_limited_size():
    many = [
        healthy(name=f"f{number:04d}", architecture=Architecture.X86_64, usage=used(invocations=number + 1))
        for number in range(1_000)
    ]
    page = html_page.render(report(assessment=estate.assess(facts(*many))))
    assert len(page) < 300_000
    assert "900 more are in findings.json." in page
    Outline(page)


def test_undecided_functions_are_listed_with_the_reason():
    assert "None: everything could be read." not in PAGE
    text = re.sub(r"<[^>]+>", " ", PAGE)
    assert re.search(r"Over-provisioned memory\s+1\s+its usage could not be read\s+unread", text)


def test_a_finding_that_was_not_judged_is_listed_but_is_no_change():
    lost = NotJudged(
        identifier="idle:us-east-1/gone", title="t", saving=Decimal(1), reason="its usage could not be read"
    )
    since = Changes(since=datetime(2026, 11, 16, tzinfo=UTC), new=(), resolved={}, regressed=(), not_judged=(lost,))
    page = html_page.render(report(changes=since))
    assert not since
    assert "Nothing has changed." in page
    assert "1 not judged this time" in page
    assert "its usage could not be read" in page


def test_the_method_names_omitted_costs_and_the_prompt_version():
    text = html.unescape(re.sub(r"<[^>]+>", "", PAGE))
    for left_out in ("initialisation of new instances", "SnapStart", "Savings Plans", "Lambda Managed Instances"):
        assert left_out in text
    assert "with version 7 of the analyst's prompt" in text
