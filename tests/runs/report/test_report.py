"""Reports, read from the bucket of the stack."""

import json

import pytest

from runs.errors import ExitStatus, RunsError
from runs.report.reading import Reports
from runs.report.writing import inside
from tests.runs.accounts import OUTPUTS, listen

ID = "5f02c1aa-1111-4222-8333-444455556666"
HTML = b"<h1>Report</h1>"
FINDINGS = {
    "findings": [
        {"function": "a", "saving": "1.20", "change": {"summary": "Use arm64, now", "steps": ["x", "y"]}},
        {"function": "=cmd()", "saving": "-3", "risk": None},
    ]
}


@pytest.fixture
def reports(account):
    return Reports(account.place)


@pytest.fixture
def run(account):
    files = {"report.html": HTML, "findings.json": json.dumps(FINDINGS).encode(), "charts/cost.svg": b"<svg/>"}
    account.add_run(ID, **account.add_report(ID, files))
    return account.journal.get(ID)


def test_the_file_that_the_journal_names_comes_first_and_is_checked(reports, run):
    files = reports.files(run)
    assert [file.name for file in files] == ["report.html", "charts/cost.svg", "findings.json"]
    assert reports.read(files[0]) == HTML
    assert [file.sha256 is None for file in files] == [False, True, True]


def test_a_changed_report_is_refused(account, reports, run):
    key = f"reports/{ID}/attempt-1/report.html"
    account.place.client("s3").put_object(Bucket=OUTPUTS["report_bucket_name"], Key=key, Body=b"<h1>Forged</h1>")
    with pytest.raises(RunsError, match="is not what the run wrote: its SHA-256 differs"):
        reports.read(reports.find(run, ".html"))


@pytest.mark.parametrize(
    "uri",
    [
        f"s3://somebody-else/reports/{ID}/attempt-1/report.html",
        "s3://agent-runs-dev-reports/reports/another-run/attempt-1/report.html",
        "s3://agent-runs-dev-reports/conversations/session.json",
        f"s3://agent-runs-dev-reports/reports/{ID}/../another-run/report.html",
        f"s3://agent-runs-dev-reports/reports/{ID}",
        f"s3://agent-runs-dev-reports/reports/{ID}/",
        f"s3://agent-runs-dev-reports/reports/{ID}x/report.html",
        f"file:///agent-runs-dev-reports/reports/{ID}/report.html",
        f"agent-runs-dev-reports/reports/{ID}/report.html",
    ],
)
def test_a_report_outside_of_the_run_s_own_folder_is_not_read(account, reports, uri):
    account.add_run(ID, report_uri=uri)
    requests = []
    listen(account.place, "s3", "before-call.s3", lambda **_: requests.append(1))
    with pytest.raises(RunsError, match=f"outside of s3://agent-runs-dev-reports/reports/{ID}/: it is not read"):
        reports.files(account.journal.get(ID))
    assert requests == []


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({}, "has no report: it has ended without one"),
        ({"status": "BUSY"}, "has no report: it has not ended yet"),
        ({"report_uri": f"s3://agent-runs-dev-reports/reports/{ID}/report.html"}, "is not there any more"),
    ],
)
def test_a_missing_report_is_explained(account, reports, attributes, message):
    account.add_run(ID, **attributes)
    with pytest.raises(RunsError, match=message) as caught:
        reports.files(account.journal.get(ID))
    assert caught.value.status is ExitStatus.NOT_FOUND


def test_a_report_without_the_wanted_format_names_what_it_has(reports, run):
    with pytest.raises(RunsError, match=r"no \.md file, only report\.html, charts/cost\.svg, findings\.json"):
        reports.find(run, ".md")


def test_all_files_are_saved_below_the_folder(reports, run, tmp_path):
    paths = reports.save(run, tmp_path / "out")
    assert [path.relative_to(tmp_path / "out").as_posix() for path in paths] == [
        *("report.html", "charts/cost.svg", "findings.json")
    ]
    assert paths[0].read_bytes() == HTML


@pytest.mark.parametrize("name", ["../stolen", "a/../../stolen", "/etc/stolen", "a\x1b[2J", "..\\stolen"])
def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path, name):
    with pytest.raises(RunsError, match=r"outside of .*: rename it"):
        inside(tmp_path / "out", name)


def test_a_link_in_the_folder_leads_nowhere_else(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "charts").symlink_to(tmp_path)
    with pytest.raises(RunsError, match="rename it"):
        inside(tmp_path / "out", "charts/cost.svg")


def test_nothing_is_saved_if_one_name_leads_out_of_the_folder(account, reports, run, tmp_path):
    key = f"reports/{ID}/attempt-1/../../stolen"
    account.place.client("s3").put_object(Bucket=OUTPUTS["report_bucket_name"], Key=key, Body=b"x")
    with pytest.raises(RunsError, match="rename it"):
        reports.save(run, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
