"""The report in a real browser: its policy, its copy buttons, its colours, and its width on screens and on paper."""

import re
from dataclasses import replace

import pytest

from agent.analyst.analysis import estate
from agent.analyst.report.pages import html
from tests.agent.analyst.report.reports import CHECKOUT, FACTS, report
from tests.runs.page.browser import Browser

pytestmark = pytest.mark.slow

LONG = replace(CHECKOUT, name="order-processing-of-the-emea-region-in-its-second-stage-of-2026", owner="x" * 250)
MADE = report(assessment=estate.assess(replace(FACTS, profiles=(*FACTS.profiles, LONG), group_by_tag="team")))
# Eight findings with their evidence and commands, on Letter.
MOST_PAGES = 6
# Letter without its margins, in CSS pixels.
PAPER_WIDTH = 710

# WCAG 2.2, success criteria 1.4.3 and 1.4.11: texts and bars that differ too little from what is behind them.
PALE = """(() => {
  const channels = colour => colour.match(/[\\d.]+/g).map(Number);
  const luminance = colour => channels(colour).slice(0, 3).map(one => one / 255)
    .map(one => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)
    .reduce((sum, one, place) => sum + one * [0.2126, 0.7152, 0.0722][place], 0);
  const contrast = (one, other) => {
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const behind = element => {
    const colour = getComputedStyle(element).backgroundColor;
    return (channels(colour)[3] ?? 1) > 0 ? colour : behind(element.parentElement);
  };
  const found = [...document.querySelectorAll("body *:not(script)")].flatMap(element => {
    const style = getComputedStyle(element);
    if (element.tagName === "rect") return [[element, contrast(style.fill, behind(element.closest("td"))), 3]];
    const speaks = [...element.childNodes].some(one => one.nodeType === 3 && one.textContent.trim());
    return speaks ? [[element, contrast(style.color, behind(element)), 4.5]] : [];
  });
  return {looked: found.length, pale: found.filter(([, is, least]) => is < least).map(([e, is]) => [e.outerHTML, is])};
})()"""
# Titles of columns that are broken within a word.
BROKEN = """[...document.querySelectorAll("thead th")].filter(title => {
  const range = document.createRange();
  range.selectNodeContents(title);
  const lines = new Set([...range.getClientRects()].map(one => one.top)).size;
  return lines > title.textContent.split(" ").length;
}).map(title => title.textContent)"""
# Texts of a phone's table that are outside of their row.
OUTSIDE = """[...document.querySelectorAll(".listing tbody tr")].filter(row => row.scrollHeight > row.clientHeight + 1
  || row.scrollWidth > row.clientWidth + 1).map(row => row.textContent)"""


@pytest.fixture(scope="module", params=[(1280, False), (390, True)], ids=["desktop", "dark phone"])
def opened(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    (folder / "report.html").write_text(html.render(MADE))
    width, dark = request.param
    with Browser(folder / "browser", width=width, dark=dark) as browser:
        browser.open((folder / "report.html").as_uri())
        browser.read("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        yield browser


def test_the_policy_of_the_page_refuses_nothing_of_it(opened):
    opened.text()
    assert opened.messages == []
    # The style applies: without it, the page would be white.
    assert opened.read("getComputedStyle(document.body).backgroundColor") in ("rgb(245, 246, 248)", "rgb(13, 18, 23)")


def test_nothing_is_wider_than_the_screen(opened):
    assert opened.read("document.documentElement.scrollWidth - innerWidth") <= 0
    cut = "[...document.querySelectorAll('.scroll')].filter(one => one.scrollWidth > one.clientWidth)"
    assert opened.read(f"{cut}.map(one => one.textContent)") == []
    assert opened.read(OUTSIDE) == []


def assert_readable(opened):
    found = opened.read(PALE)
    assert found["looked"] > 100
    assert found["pale"] == []
    assert opened.read(BROKEN) == []


def test_texts_and_bars_are_readable(opened):
    assert_readable(opened)


def test_texts_and_bars_are_readable_on_paper(opened):
    dark = opened.read("matchMedia('(prefers-color-scheme: dark)').matches")
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    screen = {"height": 900, "deviceScaleFactor": 1, "mobile": False}
    width = opened.read("outerWidth")
    opened.call("Emulation.setEmulatedMedia", media="print", features=[scheme])
    opened.call("Emulation.setDeviceMetricsOverride", width=PAPER_WIDTH, **screen)
    try:
        assert_readable(opened)
    finally:
        opened.call("Emulation.setEmulatedMedia", media="", features=[scheme])
        opened.call("Emulation.setDeviceMetricsOverride", width=width, **screen)


def test_a_long_command_breaks_between_its_options(opened):
    # An option that is wider than the screen breaks within.
    tall = "[...document.querySelectorAll('pre span')].filter(one => one.getClientRects()[0].height > 25)"
    options = opened.read(f"{tall}.map(one => one.textContent)")
    assert all(len(option) > 30 for option in options)
    assert not any("\n" in option for option in options)


def test_a_link_leads_to_each_section(opened):
    addresses = opened.read("[...document.querySelectorAll('nav a')].map(one => one.getAttribute('href'))")
    assert len(addresses) == opened.read("document.querySelectorAll('h2').length")
    assert all(opened.read(f"document.querySelector('section{address}') !== null") for address in addresses)


def test_a_button_copies_its_commands_without_a_network(opened):
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
