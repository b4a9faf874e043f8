"""The templates of the pages."""

from jinja2 import Environment

from agent.analyst.report.pages import html, markdown
from tests.agent.analyst.report.reports import report


def test_no_run_waits_for_a_template_to_be_compiled(monkeypatch) -> None:
    monkeypatch.setattr(Environment, "compile", None)

    assert "<html" in html.render(report())
    assert markdown.render(report()).startswith("# ")
