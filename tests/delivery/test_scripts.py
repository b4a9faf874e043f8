"""The scripts of the workflows, run with a stand-in for GitHub's command line."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.delivery.workflows import ACTIONS, GITHUB, WORKFLOWS, load

SCRIPTS = sorted((GITHUB / "scripts").iterdir())


def shell_scripts() -> Iterator[Any]:
    for path in [*WORKFLOWS, *ACTIONS]:
        found = load(path)
        steps = [s for spec in found.get("jobs", {}).values() for s in spec.get("steps", [])]
        for step in [*steps, *found.get("runs", {}).get("steps", [])]:
            if "run" in step:
                yield pytest.param(step["run"], id=f"{path.stem}-{step.get('name')}")
    for script in SCRIPTS:
        yield pytest.param(script.read_text(), id=script.name)


@pytest.mark.parametrize("script", list(shell_scripts()))
def test_shell_scripts_parse_and_contain_no_expression(script: str) -> None:
    assert (
        subprocess.run(["/usr/bin/env", "bash", "-n"], input=script, capture_output=True, text=True, check=False).stderr
        == ""
    )
    assert "${{" not in script


def test_scripts_are_executable_and_stop_at_the_first_error() -> None:
    for script in SCRIPTS:
        assert os.access(script, os.X_OK), script.name
        assert "set -euo pipefail" in script.read_text(), script.name


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository with one commit. A second commit can change its snapshots."""
    (tmp_path / "snapshots").mkdir()
    (tmp_path / "snapshots/dev.txt").write_text("Stack\n  Table journal\n")
    commit(tmp_path, "--initial")
    return tmp_path


def commit(repository: Path, *flags: str) -> None:
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com"]
    commands = [["git", "init", "-q"]] if flags else []
    for command in [*commands, ["git", "add", "-A"], [*git, "commit", "-q", "--allow-empty", "-m", "x"]]:
        subprocess.run(command, cwd=repository, check=True)


def described(repository: Path) -> str:
    done = subprocess.run([GITHUB / "scripts/describe-changes"], cwd=repository, capture_output=True, check=True)
    return done.stdout.decode()


def test_a_comment_shows_what_a_pull_request_changes_in_the_stacks(repository: Path) -> None:
    (repository / "snapshots/dev.txt").write_text("Stack\n  Table journal (protected)\n")
    commit(repository)

    assert "-  Table journal\n+  Table journal (protected)\n" in described(repository)
    assert described(repository).startswith("<!-- resource-graph -->\n")


def test_a_comment_reports_that_a_pull_request_changes_no_stack(repository: Path) -> None:
    commit(repository)

    assert "No resource and no permission changes in any stack" in described(repository)


def test_a_large_change_is_truncated_to_the_limit_of_a_comment(repository: Path) -> None:
    (repository / "snapshots/dev.txt").write_text("A line of the snapshot that is new\n" * 5_000)
    commit(repository)

    assert len(described(repository)) < 65_536
    assert "Cut: the whole difference is in" in described(repository)


GH = """#!/usr/bin/env python3
import json, os, sys
with open(os.environ["GH_LOG"], "a") as log:
    log.write(json.dumps(sys.argv[1:]) + "\\n")
if "--jq" in sys.argv:
    print(os.environ["GH_ANSWER"])
"""


def gh_calls(tmp_path: Path, script: str, *arguments: str, answer: str) -> list[list[str]]:
    """Run a script with a stand-in for GitHub's command line, and return the calls of the stand-in."""
    stand_in = tmp_path / "gh"
    stand_in.write_text(GH)
    stand_in.chmod(0o755)
    environment = os.environ | {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "GH_LOG": str(tmp_path / "log"),
        "GH_ANSWER": answer,
        "GITHUB_REPOSITORY": "example/repository",
        "PULL_REQUEST": "7",
        "RUN_URL": "https://github.example/run",
    }
    subprocess.run([GITHUB / "scripts" / script, *arguments], env=environment, check=True)
    return [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]


@pytest.mark.parametrize(
    ("earlier", "expected"),
    [
        ("", ["POST", "repos/example/repository/issues/7/comments"]),
        ("42", ["PATCH", "repos/example/repository/issues/comments/42"]),
    ],
)
def test_a_comment_replaces_the_previous_one(tmp_path: Path, earlier: str, expected: list[str]) -> None:
    text = tmp_path / "changes.md"
    text.write_text("<!-- resource-graph -->\nNews\n")

    asked, written = gh_calls(tmp_path, "comment", str(text), answer=earlier)

    assert 'startswith("<!-- resource-graph -->")' in asked[-1]
    assert written[2:5] == ["--method", *expected]
    assert written[-1] == f"body=@{text}"


def test_a_file_without_a_marker_replaces_no_comment(tmp_path: Path) -> None:
    text = tmp_path / "changes.md"
    text.write_text("\nNews\n")
    done = subprocess.run([GITHUB / "scripts/comment", text], capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "has no marker" in done.stderr


@pytest.mark.parametrize(
    ("status", "text", "calls"),
    [(0, "<!-- preview dev -->\n", 2), (1, "<!-- preview dev -->\n", 2), (1, "", 0)],
)
def test_a_preview_is_shown_whether_it_failed_or_not(tmp_path: Path, status: int, text: str, calls: int) -> None:
    (tmp_path / ".github").symlink_to(GITHUB)
    (tmp_path / "uv").write_text(f"#!/usr/bin/env bash\nprintf '%s' '{text}'\nexit {status}\n")
    (tmp_path / "gh").write_text(GH)
    (tmp_path / "log").touch()
    for program in ("uv", "gh"):
        (tmp_path / program).chmod(0o755)
    environment = os.environ | {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "GH_LOG": str(tmp_path / "log"),
        "GH_ANSWER": "",
        "GITHUB_REPOSITORY": "example/repository",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        "PULL_REQUEST": "7",
        "RUN_URL": "https://github.example/run",
        "STACK": "dev",
    }

    done = subprocess.run([".github/scripts/show-preview"], cwd=tmp_path, env=environment, check=False)

    assert done.returncode == status
    assert len((tmp_path / "log").read_text().splitlines()) == calls
    assert (tmp_path / "summary").exists() is bool(text)


@pytest.mark.parametrize(("open_issue", "expected"), [("", ["issue", "create"]), ("9", ["issue", "comment", "9"])])
def test_drift_is_reported_in_one_issue(tmp_path: Path, open_issue: str, expected: list[str]) -> None:
    asked, told = gh_calls(tmp_path, "report-drift", answer=open_issue)

    assert asked[:2] == ["issue", "list"]
    assert told[: len(expected)] == expected
    assert "https://github.example/run" in told[-1]
