from agent.analyst.analysis.finding import Category
from agent.analyst.report import findings_json
from local.commands import summary
from tests.agent.analyst.report.reports import report


def test_the_summary_lists_the_opportunities_and_omits_minor_findings(tmp_path):
    made = report()
    (tmp_path / "findings.json").write_text(findings_json.render(made))
    files = {name: tmp_path / name for name in ("findings.json", "report.html")}
    first, *listed, last = summary.lines(files)
    assessment = made.assessment
    opportunities, minor = assessment.findings_of(Category.OPPORTUNITY), assessment.findings_of(Category.MINOR)
    assert minor
    assert [line.split(":")[0].split()[-1] for line in listed] == [finding.function for finding in opportunities]
    assert f"${made.assessment.saving:,.2f} (" in first
    assert last == f"Report: {tmp_path / 'report.html'}"
