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
from agent.analyst.report.document import COMPUTED, Changes, Narrative, NotJudged
from agent.analyst.report.outline.outline import outline
from agent.analyst.report.pages import html as html_page
from tests.agent.analyst.analysis.profiles import healthy, used
from tests.agent.analyst.report.reports import facts, report

REPORT = report()
PAGE = html_page.render(REPORT)
VOID = {"meta", "br"}


class Document(HTMLParser):
    """Checks that elements nest, and collects elements, headings and text."""

    def __init__(self, page):
        super().__init__()
        self.open = []
        self.elements = []
        self.headings = []
        self.text = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)
        if re.fullmatch(r"h\d", tag):
            self.headings.append((int(tag[1]), ""))

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)
        if any(re.fullmatch(r"h\d", tag) for tag in self.open):
            level, text = self.headings[-1]
            self.headings[-1] = level, text + data

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


DOCUMENT = Document(PAGE)


def shown(page):
    """Return the text of a page, without its style and script."""
    body = re.sub(r"<(style|script)>.*?</\1>", "", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def test_the_page_loads_nothing():
    for tag, attributes in DOCUMENT.elements:
        assert not {"src", "action", "onclick", "style"} & set(attributes)
        assert tag == "a" or "href" not in attributes
    assert DOCUMENT.all("link") == DOCUMENT.all("img") == []
    assert not re.search(r"url\(|@import|@font-face", PAGE)


def test_links_lead_to_the_console_and_do_not_name_the_page():
    links = [link for link in DOCUMENT.all("a") if not link["href"].startswith("#")]
    assert {link["href"].split("#")[0] for link in links} == {
        "https://us-east-1.console.aws.amazon.com/lambda/home?region=us-east-1"
    }
    assert all(link["rel"] == "noopener noreferrer" and link["target"] == "_blank" for link in links)


def test_the_page_supports_phones_both_colour_schemes_and_print():
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in DOCUMENT.all("meta")
    assert "@media (prefers-color-scheme: dark)" in PAGE
    assert "@media print" in PAGE


def test_language_title_and_heading_levels_are_correct():
    assert DOCUMENT.all("html") == [{"lang": "en"}]
    levels = [level for level, _ in DOCUMENT.headings]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert f"<title>AWS Lambda costs: {outline(REPORT).headline}</title>" in PAGE


def test_charts_have_bars_and_readable_numbers():
    assert DOCUMENT.all("svg")
    assert all(cell["aria-hidden"] == "true" for cell in DOCUMENT.all("td") if cell.get("class") == "bar")
    assert re.findall(r"<figcaption>([^<]+)", PAGE) == [
        "Saving by issue",
        "The most expensive functions",
    ]
    bars = DOCUMENT.all("rect")
    assert bars
    for bar in bars:
        assert 0 <= int(bar["x"]) <= 1_000
        assert 0 < int(bar["width"]) <= 1_000


def test_every_header_cell_has_a_scope():
    assert all(cell.get("scope") in {"row", "col"} for cell in DOCUMENT.all("th"))


def test_every_cell_of_a_table_names_its_column_for_narrow_screens():
    labels = {cell.get("data-label") for cell in DOCUMENT.all("td")}
    assert {"Source", "Reason", "Examples", "Invocations a month"} <= labels


def test_every_opportunity_has_its_commands_to_apply_and_to_undo_each_with_a_button():
    text = shown(PAGE)
    for finding in REPORT.assessment.findings_of(Category.OPPORTUNITY):
        change = finding.proposal.change
        for part in (change.summary, change.cli, change.undo, change.pulumi, finding.formula):
            assert " ".join(part.split()) in text
    assert PAGE.count('<button type="button" class="copy" hidden>') == PAGE.count("<pre>") > 0


def test_text_from_the_account_and_the_model_is_escaped():
    hostile = "<script>alert('x')</script>"
    page = html_page.render(
        report(
            assessment=estate.assess(
                facts(healthy(name=hostile, runtime="python3.8", region="us-east-1", owner=hostile), tag=hostile)
            ),
            narrative=Narrative(summary=f"Look at {hostile} & \"this\".", author=hostile),
            prompt=hostile,
            session_id=hostile,
        )
    )  # fmt: skip
    assert page.count("<script") == 1
    assert page.count("&lt;script&gt;") >= 8
    Document(page)


def test_function_names_in_the_summary_are_set_as_code():
    assert "Then <code>checkout</code> &amp; <code>forgotten</code>." in PAGE


def test_a_name_within_another_name_is_left_alone():
    words = Narrative(summary="checkout-api is not checkout.", author="model")
    assert ">checkout-api is not <code>checkout</code>.</p>" in html_page.render(report(narrative=words))


def test_remarks_appear_with_their_findings():
    identifier = REPORT.assessment.findings_of(Category.OPPORTUNITY)[0].identifier
    words = Narrative(summary="Words.", remarks={identifier: "Do this first."}, author="model")
    assert "<blockquote>Do this first.</blockquote>" in html_page.render(report(narrative=words))


def test_changes_since_the_last_report_are_listed_by_kind():
    changes = Changes(
        since=datetime(2026, 11, 6, tzinfo=UTC),
        new=("idle:us-east-1/a",),
        resolved={"errors:us-east-1/b": "gone"},
        regressed=("architecture:us-east-1/c",),
    )
    page = html_page.render(report(changes=changes))
    assert "Changes since the last report (2026-11-06)" in page
    text = shown(page)
    assert "1 new, 1 with a larger saving, 1 resolved." in text
    for row in ("a Idle functions new", "c x86_64 that could be arm64 with a larger saving", "b Failing runs resolved"):
        assert row in text


def test_the_absence_of_changes_is_reported():
    nothing = Changes(since=datetime(2026, 11, 6, tzinfo=UTC), new=(), resolved={}, regressed=())
    assert "Nothing has changed." in html_page.render(report(changes=nothing))


def test_the_author_of_the_text_is_named():
    assert "By model, which names figures; code filled them in. The figures are computed." in PAGE
    page = html_page.render(report(narrative=Narrative(summary="Computed.", author=COMPUTED)))
    assert "Computed, like the figures: the model wrote no text, or none that was accepted." in page


def test_a_thousand_functions_make_a_page_of_limited_size():
    many = [
        healthy(name=f"f{number:04d}", architecture=Architecture.X86_64, usage=used(invocations=number + 1))
        for number in range(1_000)
    ]
    page = html_page.render(report(assessment=estate.assess(facts(*many))))
    assert len(page) < 300_000
    assert "950 more are in findings.json." in page
    Document(page)


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
    text = shown(PAGE)
    for left_out in ("initialisation of new instances", "SnapStart", "Savings Plans", "Lambda Managed Instances"):
        assert left_out in text
    assert "with version 7 of the analyst's prompt" in text


@pytest.mark.parametrize("profiles", [(), (healthy(),)])
def test_a_report_without_opportunities_is_complete(profiles):
    page = html_page.render(report(assessment=estate.assess(facts(*profiles, gaps=()))))
    assert "Opportunities</h2>" not in page
    Document(page)
