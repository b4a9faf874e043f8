import csv
import io

import pytest

from agent.analyst.analysis import estate
from agent.analyst.report import findings_csv
from tests.agent.analyst.analysis.profiles import healthy
from tests.agent.analyst.report.reports import facts, report


def rows(made):
    text = findings_csv.render(made)
    assert text.startswith("\ufeffcategory,function,")
    return list(csv.DictReader(io.StringIO(text[1:], newline="")))


def test_every_finding_is_a_row_with_its_amounts_and_commands():
    made = report()
    found = rows(made)
    assert [row["id"] for row in found] == [finding.identifier for finding in made.assessment.findings]
    for row, finding in zip(found, made.assessment.findings, strict=True):
        assert row["monthly_saving_usd"] == f"{finding.saving:.2f}"
        assert row["apply"] == finding.proposal.change.cli
        assert row["undo"] == finding.proposal.change.undo
        assert row["console"].startswith("https://us-east-1.console.aws.amazon.com/")


def test_an_estimate_with_an_error_has_a_range():
    (row,) = [row for row in rows(report()) if row["rule"] == "memory-excess"]
    low, expected, high = (float(row[f"monthly_saving_usd{end}"]) for end in ("_low", "", "_high"))
    assert low < expected < high


@pytest.mark.parametrize("sign", findings_csv.FORMULA_SIGNS)
def test_no_cell_is_a_formula(sign):
    name = f'{sign}HYPERLINK("https://evil.example")'
    found = rows(report(assessment=estate.assess(facts(healthy(name=name, runtime="python3.8", owner=name), tag="o"))))
    for row in found:
        assert not any(cell.startswith(findings_csv.FORMULA_SIGNS) for cell in row.values())
        assert "HYPERLINK" in row["function"]
        assert "HYPERLINK" in row["owner"]


def test_hidden_characters_are_visible():
    (row,) = rows(report(assessment=estate.assess(facts(healthy(name="a\u202eb\x1b", runtime="python3.8")))))
    assert row["function"] == r"a\u202eb\u001b"
