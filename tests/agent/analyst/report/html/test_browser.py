"""The report in a real browser: its policy, its copy buttons, its width on a phone, and its pages on paper."""

import re
from dataclasses import replace

import pytest

from agent.analyst.analysis import estate
from agent.analyst.report.html import page
from tests.agent.analyst.report.reports import CHECKOUT, FACTS, report
from tests.runs.page.browser import Browser

pytestmark = pytest.mark.slow

LONG = replace(CHECKOUT, name="order-processing-of-the-emea-region-in-its-second-stage-of-2026", owner="x" * 250)
MADE = report(assessment=estate.assess(replace(FACTS, profiles=(*FACTS.profiles, LONG), group_by_tag="team")))
# Eight findings with their evidence and commands, on Letter.
MOST_PAGES = 6


@pytest.fixture(scope="module", params=[1280, 390], ids=["desktop", "phone"])
def opened(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    (folder / "report.html").write_text(page.render(MADE))
    with Browser(folder / "browser", width=request.param) as browser:
        browser.open((folder / "report.html").as_uri())
        yield browser


def test_the_policy_of_the_page_refuses_nothing_of_it(opened):
    opened.text()
    assert opened.messages == []
    # The style applies: without it, the page would be white.
    assert opened.read("getComputedStyle(document.body).backgroundColor") == "rgb(245, 246, 248)"


def test_nothing_is_wider_than_the_screen(opened):
    assert opened.read("document.documentElement.scrollWidth - innerWidth") <= 0


def test_a_button_copies_its_commands_without_a_network(opened):
    opened.read("document.querySelectorAll('details')[1].open = true")
    opened.click("li:nth-child(2) .script:nth-child(2) .copy")
    opened.wait_for("document.querySelector('li:nth-child(2) .script:nth-child(2) .copy').textContent === 'Copied'")
    opened.read("document.body.append(Object.assign(document.createElement('textarea'), {id: 'pasted'}))")
    opened.read("document.getElementById('pasted').focus()")
    opened.call("Input.dispatchKeyEvent", type="keyDown", commands=["paste"])
    second = MADE.assessment.findings[1].proposal.change.undo
    opened.wait_for(f"document.getElementById('pasted').value.length >= {len(second)}")
    assert opened.read("document.getElementById('pasted').value") == second
    opened.read("document.getElementById('pasted').remove()")


def test_the_printed_report_has_few_pages(opened, tmp_path):
    opened.print(tmp_path / "report.pdf")
    printed = (tmp_path / "report.pdf").read_bytes()
    assert 0 < len(re.findall(rb"/Type /Page\b", printed)) <= MOST_PAGES
