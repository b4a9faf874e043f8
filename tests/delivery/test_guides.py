"""Files and commands in the documentation exist, and its code runs."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import threading
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from agent.harness import app
from agent.harness.environment import read
from agent.harness.task import Outcome, StoppedError, Task, Work
from tests.components.recorded import PROJECT
from tests.delivery.pages import files_shown

PAGES = [PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", *sorted((PROJECT / "docs").rglob("*.md"))]
FOLDERS = (
    "agent",
    "bootstrap",
    "components",
    "costs",
    "docs",
    "examples",
    "functions",
    "local",
    "package",
    "policies",
    "snapshots",
    "tests",
)

SESSION = "8d76db61-0000-4000-8000-000000000000"
BUCKET = "reports-of-the-sizer"
ENVIRONMENT = {
    "JOURNAL_TABLE": "journal",
    "REPORT_BUCKET": BUCKET,
    "MODEL_ID": "some.model",
    "HEARTBEAT_SECONDS": "30",
    "LEASE_SECONDS": "120",
    "AGENT_DEADLINE_SECONDS": "600",
    "MODEL_RETRY_SECONDS": "180",
    "EXPECTED_SECONDS": "60",
    "MAX_TURNS": "5",
    "MAX_TOKENS": "1000",
    "MAX_PROMPT_CHARACTERS": "1000",
    "JOURNAL_RETENTION_DAYS": "1",
}


def page_name(page: Path) -> str:
    return str(page.relative_to(PROJECT))


def ignore(_: str) -> None:
    """Ignore a line of progress."""


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    """Return the work function that the guide's program serves."""
    program = files_shown("docs/second-agent.md")["sizer/__main__.py"]
    served: list[Work] = []
    monkeypatch.setattr(app, "serve", served.append)
    exec(compile(program, "sizer/__main__.py", "exec"), {})  # noqa: S102
    return served[0]


def task(cancel_signal: threading.Event) -> Task:
    return Task(
        session_id=SESSION,
        attempt=2,
        prompt="Which containers are too large?",
        cancel_signal=cancel_signal,
        report_progress=ignore,
        record_start=ignore,
        hooks=[],
        settings=read(ENVIRONMENT),
    )


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_each_file_that_a_page_names_exists(page: Path) -> None:
    text = page.read_text()
    links = {page.parent / link for link in re.findall(r"\]\(([\w./-]+)(?:#[\w-]+)?\)", text)}
    names = {PROJECT / name for name in re.findall(r"`([\w./-]+/[\w./-]*)`", text) if name.split("/")[0] in FOLDERS}

    assert sorted(page_name(path.resolve()) for path in links | names if not path.exists()) == []


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_each_command_that_a_page_shows_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
    text = page.read_text()
    made = set(re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE))
    modules = {name.replace(".", "/") for name in re.findall(r"python -m ([a-z_.]+)", text)}

    assert made - targets == set()
    assert [m for m in modules if not any((PROJECT / f"{m}{end}.py").exists() for end in ("", "/__main__"))] == []


def test_the_guide_s_agent_saves_the_report_that_its_outcome_names(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket=BUCKET)

        outcome = work(task(threading.Event()))

        saved = s3.get_object(Bucket=BUCKET, Key=f"reports/{SESSION}/2/report.md")["Body"].read()
    assert isinstance(outcome, Outcome)
    assert outcome.report_uri == f"s3://{BUCKET}/reports/{SESSION}/2/report.md"
    assert outcome.report_sha256 == hashlib.sha256(saved).hexdigest()


def test_the_guide_s_agent_stops_when_it_is_cancelled(work: Work) -> None:
    cancelled = threading.Event()
    cancelled.set()

    with pytest.raises(StoppedError):
        work(task(cancelled))


@pytest.mark.slow
def test_the_unit_tests_in_the_guide_pass(tmp_path: Path) -> None:
    (tmp_path / "test_dead_letters.py").write_text(files_shown("docs/unit-tests.md")["test_dead_letters.py"])
    options = ("-q", "-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir", str(tmp_path))

    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(tmp_path)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout
