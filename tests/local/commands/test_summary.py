import pytest

from agent.analyst.analysis.finding import Category
from agent.analyst.report import findings_json
from agent.harness.tokens import Tokens
from costs import models
from local.commands import summary
from local.commands.steps import step_line
from tests.agent.analyst.report.reports import report
from tests.costs import golden


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


def written(folder, **contents):
    files = {name.replace("_", "."): folder / name.replace("_", ".") for name in contents}
    for path, content in zip(files.values(), contents.values(), strict=True):
        path.write_text(content)
    return files


@pytest.mark.parametrize("findings", ['{"findings": []}', "[1, 2]", "not JSON"])
def test_the_files_of_another_agent_are_listed(tmp_path, findings):
    files = written(tmp_path, report_html="<p>", findings_json=findings)

    assert summary.lines(files, "Nothing is \x1b[31mwrong.") == [
        "Nothing is \x1b[31mwrong.",
        f"Report: {tmp_path / 'findings.json'}",
        f"Report: {tmp_path / 'report.html'}",
    ]


def test_a_report_of_one_file_has_its_name_in_the_json_output(tmp_path):
    files = written(tmp_path, words_txt="a b", report_md="# Report")

    assert summary.lines(files) == [f"Report: {tmp_path / 'report.md'}", f"Report: {tmp_path / 'words.txt'}"]
    assert summary.report_paths(files) == {
        "markdown": str(tmp_path / "report.md"),
        "words.txt": str(tmp_path / "words.txt"),
    }


def test_a_terminal_shows_all_four_counts_and_the_cost():
    step = {"step": "MODEL", "name": golden.MODEL_ID, "status": "success", "seconds": 0.2, **golden.COUNTS}

    line = step_line("MODEL", golden.MODEL_ID, 0.2, tokens=Tokens.counted(step), error=None)
    assert line.endswith(" 0.20 s, 300+200 tokens, cache 20000 read, 5000 written")
    assert summary.model_cost(models.bill_of(golden.MODEL_ID, golden.TOKENS)) == (
        "Model: 300 tokens in, 20,000 from the cache, 5,000 to the cache, 200 out: $0.0096 at list prices"
    )
    assert summary.model_cost(models.bill_of("scripted", golden.TOKENS)).endswith(
        "; the price of scripted is not known"
    )
