"""`runs report` and `runs logs`."""

from __future__ import annotations

import json
import os
import stat
import webbrowser

import pytest

from runs.cli import context
from tests.runs.accounts import NOW, history
from tests.runs.cli.conftest import DONE

HTML = b"<h1>Report</h1>\n"
CSV = b"function,change\na,Use arm64\n"
FINDINGS = b'{"findings": [{"function": "a", "change": {"summary": "Use arm64"}}]}'


@pytest.fixture
def report(account, run, monkeypatch, tmp_path):
    monkeypatch.setattr(context, "PROJECT", tmp_path / "project")
    files = {"report.html": HTML, "report.md": b"# Report\n", "findings.json": FINDINGS, "findings.csv": CSV}
    account.add_run(DONE, minutes_ago=5, finished_at=NOW.timestamp() - 60, **account.add_report(DONE, files))
    return run


def test_all_files_are_fetched_into_the_project_s_folder(report, tmp_path):
    folder = tmp_path / "project" / ".local" / "reports" / DONE
    names = ("report.html", "findings.csv", "findings.json", "report.md")
    assert report("report", "5f02") == (0, "".join(f"{folder / name}\n" for name in names), "")
    assert (folder / "report.html").read_bytes() == HTML


def test_only_the_user_may_read_a_report_in_the_project_s_folder(report, tmp_path):
    before = os.umask(0)
    try:
        report("report", "5f02")
    finally:
        os.umask(before)
    kept = list((tmp_path / "project" / ".local").rglob("*"))
    assert len(kept) > 4
    assert [path for path in kept if stat.S_IMODE(path.stat().st_mode) & 0o077] == []


def test_the_report_opens_in_the_browser(report, tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr(webbrowser, "open", lambda address: opened.append(address) or True)
    status, output, _ = report("report", "@latest", "--open", "--output", str(tmp_path / "out"), "--json")
    assert (status, json.loads(output)["files"][0]) == (0, str(tmp_path / "out" / "report.html"))
    assert opened == [(tmp_path / "out" / "report.html").as_uri()]


def test_without_a_browser_the_path_is_named(report, monkeypatch):
    monkeypatch.setattr(webbrowser, "open", lambda _: False)
    status, _, error = report("report", DONE, "--open")
    assert (status, error.count("\n")) == (6, 1)
    assert "There is no browser here: open " in error


@pytest.mark.parametrize(
    ("format_", "expected"),
    [
        ("html", HTML.decode()),
        ("md", "# Report\n"),
        ("json", FINDINGS.decode()),
        ("csv", CSV.decode()),
    ],
)
def test_one_format_is_written_to_the_output_or_into_a_folder(report, tmp_path, format_, expected):
    assert report("report", DONE, "--format", format_) == (0, expected, "")
    path = tmp_path / "out" / f"{DONE}.{format_}"
    assert report("report", DONE, "--format", format_, "--output", str(tmp_path / "out"))[1] == f"{path}\n"
    assert path.read_text() == expected


def test_open_and_format_exclude_each_other(report):
    assert report("report", DONE, "--format", "md", "--open")[0] == 2


def test_a_run_without_report_is_not_found(runs):
    assert runs("report", DONE) == (4, "", f"runs: Run {DONE} has no report: it has ended without one\n")


def test_logs_are_one_timeline_whose_escape_sequences_are_visible(account, run):
    arn = "arn:aws:states:eu-west-1:123456789012:execution:x:y"
    account.add_run(DONE, minutes_ago=5, finished_at=NOW.timestamp() - 60, execution_arn=arn)
    history(account.place, [(299, "ClaimRun")])
    for ago, level, text in ((200, "INFO", "red \x1b[31mtext"), (100, "ERROR", "broken\nin two lines")):
        line = json.dumps({"sessionId": DONE, "level": level, "message": text})
        account.log("agent", line, seconds_ago=ago)
    assert run("logs", DONE) == (
        0,
        "07:55:01  workflow  ClaimRun\n"
        "07:56:40  agent     red \\u001b[31mtext\n"
        "07:58:20  agent     ERROR broken\\u000ain two lines\n",
        "",
    )
    rows = [json.loads(row) for row in run("logs", DONE, "--json", "--limit", "2")[1].splitlines()]
    assert rows[1] == {
        "at": "2026-11-28T07:56:40.000+00:00",
        "source": "agent",
        "level": "INFO",
        "text": "red \x1b[31mtext",
    }
    assert "There are more than 2 lines: raise --limit" in run("logs", DONE, "--limit", "2")[2]


def test_a_run_without_log_lines_is_reported(runs):
    assert runs("logs", DONE) == (0, "", "The run has logged nothing yet, or its logs have expired\n")
