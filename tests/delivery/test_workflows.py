"""The workflows, checked as far as they can be without GitHub: by schema, by linters, and by what they promise."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.components.recorded import PROJECT
from tests.delivery.workflows import ACTIONS, GITHUB, WORKFLOWS, Job, job, jobs, load

SCRIPTS = sorted((GITHUB / "scripts").iterdir())
PULUMI = "$/.github/actions/pulumi"


def run_tool(*command: str) -> str:
    """Runs a command of the environment; returns what it has to complain about."""
    binary = str(Path(sys.executable).with_name(command[0]))
    done = subprocess.run([binary, *command[1:]], cwd=PROJECT, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("vendor.github-workflows", WORKFLOWS),
        ("custom.github-workflows-require-timeout", [path for path in WORKFLOWS if path.stem != "deploy"]),
        ("vendor.github-actions", ACTIONS),
        ("vendor.dependabot", [GITHUB / "dependabot.yml"]),
    ],
)
def test_files_are_of_the_form_that_github_takes(schema: str, files: list[Path]) -> None:
    assert run_tool("check-jsonschema", "--builtin-schema", schema, *map(str, files)) == ""


# What it would do besides, with programs that are on some machines only.
ACTIONLINT = ("actionlint", "-shellcheck=", "-pyflakes=", "-oneline", "-no-color")


def test_actionlint_finds_nothing() -> None:
    assert run_tool(*ACTIONLINT, *map(str, WORKFLOWS)) == ""


def test_actionlint_would_find_an_expression_that_names_nothing(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yml"
    text = (GITHUB / "workflows/drift.yml").read_text()
    wrong.write_text(text.replace("matrix.region", "matrix.place").replace("needs: drift", "needs: drfit"))

    found = run_tool(*ACTIONLINT, str(wrong))

    assert 'property "place" is not defined' in found
    assert 'needs job "drfit" which does not exist' in found


def test_zizmor_finds_nothing() -> None:
    assert run_tool("zizmor", "--offline", "--no-progress", "--persona", "auditor", ".github") == ""


def test_every_action_is_pinned_to_one_commit_and_says_which_version_that_is() -> None:
    lines = [line for path in [*WORKFLOWS, *ACTIONS] for line in path.read_text().splitlines() if "uses:" in line]
    pins: dict[str, set[str]] = {}
    for line in lines:
        name, _, pin = line.split("uses:")[1].strip().partition("@")
        if not name.startswith("$/"):
            assert re.fullmatch(r"[0-9a-f]{40} # v\d+\.\d+\.\d+", pin), line
            pins.setdefault(name, set()).add(pin)

    assert set(pins) == {
        *("actions/checkout", "astral-sh/setup-uv"),
        *("aws-actions/configure-aws-credentials", "pulumi/actions"),
    }
    assert {name: found for name, found in pins.items() if len(found) > 1} == {}


def test_whoever_checks_out_leaves_no_token_behind() -> None:
    checkouts = [step for one in jobs() for step in one.uses("actions/checkout")]

    assert len(checkouts) >= 6
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_nothing_may_be_done_but_what_a_job_asks_for_and_no_job_goes_on_for_hours() -> None:
    for path in WORKFLOWS:
        assert load(path)["permissions"] == {}, path.name
    for one in jobs():
        assert one.spec["permissions"], one
        assert "uses" in one.spec or 0 < one.spec["timeout-minutes"] <= 30, one
        assert one.spec["permissions"].get("contents") == "read", one


def test_only_what_runs_pulumi_gets_a_token_for_aws() -> None:
    assert {(one.workflow, one.name) for one in jobs() if "id-token" in one.spec["permissions"]} == {
        (one.workflow, one.name) for one in jobs() if one.uses(PULUMI)
    }


def test_no_secret_is_kept_anywhere_and_no_workflow_runs_with_the_rights_of_another_branch() -> None:
    for path in [*WORKFLOWS, *ACTIONS]:
        assert "secrets." not in path.read_text(), path.name
        assert not {"pull_request_target", "workflow_run", "issue_comment"} & set(load(path).get("on", {})), path.name


def test_whatever_is_to_be_merged_is_tested_by_the_command_that_people_use() -> None:
    triggers = load(GITHUB / "workflows/test.yml")["on"]

    assert set(triggers) == {"pull_request", "workflow_call"}
    assert job("deploy", "test").spec["uses"].endswith("/workflows/test.yml"), "main's pushes are tested by deploy"
    assert job("test", "test").steps[-1]["run"] == ".ci/run"
    assert "make test" in (PROJECT / ".ci/run").read_text()


def test_a_check_that_main_requires_is_never_passed_by_being_skipped() -> None:
    required = {"test": job("test", "test"), "resource graph": job("preview", "graph")}

    for name, one in required.items():
        assert one.spec["name"] == name
        assert "if" not in one.spec, name
        assert all("continue-on-error" not in step for step in (one.spec, *one.steps)), name
        # Deploy calls the tests by a job of its own, whose check has both names: "test / test".
        assert [o for o in jobs() if o.spec.get("name") == name and o.workflow != one.workflow] == [], name
    assert "the checks `test` and `resource graph`" in (PROJECT / "bootstrap/README.md").read_text()


def test_a_pull_request_is_previewed_on_both_stacks_but_code_of_a_fork_never_meets_credentials() -> None:
    preview = job("preview", "preview")
    (step,) = preview.uses(PULUMI)

    assert [run["stack"] for run in preview.runs] == ["dev", "prod"]
    assert step["with"]["command"] == "preview"
    assert step["with"]["comment"] is True
    assert step["with"]["role"] == "${{ matrix.role }}"
    assert all("PREVIEW_ROLE" in run["role"] for run in preview.runs)
    assert "!github.event.pull_request.head.repo.fork" in preview.spec["if"]
    assert "environment" not in preview.spec, "its role trusts pull requests, and an environment would hide that"
    assert "if" not in job("preview", "graph").spec, "the resource graph is for forks too"


def test_prod_is_deployed_after_dev_and_behind_its_environment_s_approval_from_main_alone() -> None:
    dev, prod = job("deploy", "dev"), job("deploy", "prod")

    assert (dev.spec["needs"], prod.spec["needs"]) == ("test", "dev")
    for name, one in {"dev": dev, "prod": prod}.items():
        (step,) = one.uses(PULUMI)
        assert one.spec["environment"] == name
        assert one.spec["if"] == "github.ref == 'refs/heads/main'"
        assert (step["with"]["command"], step["with"]["stack"]) == ("up", name)
        assert "DEPLOY_ROLE" in step["with"]["role"]
        assert one.spec["concurrency"] == {"group": f"stack-{name}", "cancel-in-progress": False}


def test_nothing_that_waits_holds_up_or_displaces_a_deployment_of_another_kind() -> None:
    for path in WORKFLOWS:
        if path.stem in ("deploy", "drift"):
            assert "concurrency" not in load(path), "prod's approval would hold up dev"
    groups = {(one.workflow, one.name): one.spec["concurrency"]["group"] for one in jobs() if "concurrency" in one.spec}

    assert groups["drift", "drift"] == "drift-${{ matrix.stack }}"
    assert len(set(groups.values())) == len(groups)


def test_only_deployments_change_anything() -> None:
    commands = {(one.workflow, step["with"]["command"]) for one in jobs() for step in one.uses(PULUMI)}

    assert commands == {("preview", "preview"), ("deploy", "up"), ("drift", "preview")}


def test_drift_is_looked_for_by_schedule_and_told_in_an_issue() -> None:
    (step,) = job("drift", "drift").uses(PULUMI)
    tell = job("drift", "tell")

    assert load(GITHUB / "workflows/drift.yml")["on"]["schedule"]
    assert (step["with"]["refresh"], step["with"]["expect-no-changes"]) == (True, True)
    assert (tell.spec["needs"], tell.spec["permissions"]["issues"]) == ("drift", "write")
    assert "failure()" in tell.spec["if"]


def test_every_run_of_pulumi_keeps_to_the_policy_pack() -> None:
    (step,) = (s for s in load(ACTIONS[0])["runs"]["steps"] if s.get("uses", "").startswith("pulumi/actions@"))

    assert (PROJECT / step["with"]["policyPacks"] / "PulumiPolicy.yaml").exists()
    assert step["with"]["pulumi-version"] == "${{ steps.packages.outputs.pulumi }}"


EXPRESSION = re.compile(r"\b(needs|steps|inputs|matrix)\.([\w-]+)(?:\.outputs\.([\w-]+))?")


def dangling(text: str, known: dict[str, set[str]]) -> list[str]:
    """Names in expressions that nothing defines."""
    return [found[0] for found in EXPRESSION.finditer(text) if found[2] not in known.get(found[1], set())]


def expressions(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            # GitHub evaluates a condition with or without its brackets.
            yield from [str(item)] if key == "if" else expressions(item)
    elif isinstance(value, list):
        for item in value:
            yield from expressions(item)
    elif isinstance(value, str):
        yield from re.findall(r"\$\{\{(.*?)\}\}", value)


@pytest.mark.parametrize("one", list(jobs()), ids=lambda one: f"{one.workflow}-{one.name}")
def test_expressions_of_a_job_name_what_there_is(one: Job) -> None:
    known = {
        "needs": {one.spec["needs"]} if "needs" in one.spec else set(),
        "steps": {step["id"] for step in one.steps if "id" in step},
        "matrix": {key for run in one.runs for key in run},
    }

    assert dangling(" ".join(expressions(dict(one.spec))), known) == []
    assert known["needs"] <= {other.name for other in jobs() if other.workflow == one.workflow}


@pytest.mark.parametrize("path", ACTIONS, ids=lambda path: path.parent.name)
def test_an_action_uses_what_it_is_given_and_is_given_what_it_needs(path: Path) -> None:
    action = load(path)
    steps = {step["id"] for step in action["runs"]["steps"] if "id" in step}
    used = " ".join(expressions(action["runs"]))

    assert dangling(used, {"inputs": set(action["inputs"]), "steps": steps}) == []
    assert {name for name in action["inputs"] if f"inputs.{name}" not in used} == set()
    required = {name for name, spec in action["inputs"].items() if spec.get("required")}
    for step in (step for one in jobs() for step in one.uses(f"$/{path.parent.relative_to(PROJECT)}")):
        assert required <= set(step["with"]) <= set(action["inputs"])


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
def test_shell_scripts_can_be_read_by_the_shell_and_take_no_expression_into_their_text(script: str) -> None:
    assert (
        subprocess.run(["/usr/bin/env", "bash", "-n"], input=script, capture_output=True, text=True, check=False).stderr
        == ""
    )
    assert "${{" not in script


def test_scripts_can_be_run_and_stop_at_the_first_error() -> None:
    for script in SCRIPTS:
        assert os.access(script, os.X_OK), script.name
        assert "set -euo pipefail" in script.read_text(), script.name


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a commit, whose snapshots can be changed by another one."""
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


def test_a_pull_request_is_told_what_changes_in_the_stacks(repository: Path) -> None:
    (repository / "snapshots/dev.txt").write_text("Stack\n  Table journal (protected)\n")
    commit(repository)

    assert "-  Table journal\n+  Table journal (protected)\n" in described(repository)
    assert described(repository).startswith("<!-- resource-graph -->\n")


def test_a_pull_request_that_changes_no_stack_is_told_so(repository: Path) -> None:
    commit(repository)

    assert "No resource changes in any stack" in described(repository)


def test_a_large_change_is_shortened_to_what_a_comment_holds(repository: Path) -> None:
    (repository / "snapshots/dev.txt").write_text("A line of the snapshot that is new\n" * 5_000)
    commit(repository)

    assert len(described(repository)) < 65_536
    assert "Shortened" in described(repository)


GH = """#!/usr/bin/env python3
import json, os, sys
with open(os.environ["GH_LOG"], "a") as log:
    log.write(json.dumps(sys.argv[1:]) + "\\n")
if "--jq" in sys.argv:
    print(os.environ["GH_ANSWER"])
"""


def gh_calls(tmp_path: Path, script: str, *arguments: str, answer: str) -> list[list[str]]:
    """Runs a script with a stand-in for GitHub's command line, and returns how it was called."""
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
def test_a_comment_takes_the_place_of_the_one_before(tmp_path: Path, earlier: str, expected: list[str]) -> None:
    text = tmp_path / "changes.md"
    text.write_text("<!-- resource-graph -->\nNews\n")

    asked, written = gh_calls(tmp_path, "comment", str(text), answer=earlier)

    assert 'startswith("<!-- resource-graph -->")' in asked[-1]
    assert written[2:5] == ["--method", *expected]
    assert written[-1] == f"body=@{text}"


@pytest.mark.parametrize(("open_issue", "expected"), [("", ["issue", "create"]), ("9", ["issue", "comment", "9"])])
def test_drift_is_told_in_one_issue(tmp_path: Path, open_issue: str, expected: list[str]) -> None:
    asked, told = gh_calls(tmp_path, "tell-drift", answer=open_issue)

    assert asked[:2] == ["issue", "list"]
    assert told[: len(expected)] == expected
    assert "https://github.example/run" in told[-1]


def test_hooks_before_a_commit_run_what_continuous_integration_runs() -> None:
    (repository,) = yaml.safe_load((PROJECT / ".pre-commit-config.yaml").read_text())["repos"]

    assert repository["repo"] == "local"
    assert {hook["entry"] for hook in repository["hooks"]} == {"make check", "make test"}
