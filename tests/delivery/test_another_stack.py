"""Another stack, added to a copy of the project by the steps of the README."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.components.recorded import PROJECT
from tests.delivery.copies import copy_project, run

NAME = "staging"
CHECKS = (
    *("tests/delivery/test_graph.py", "tests/delivery/test_workflows.py"),
    "tests/delivery/test_bootstrap.py::test_the_workflows_use_exactly_these_variables",
    "tests/delivery/test_bootstrap.py::test_each_job_gets_only_the_variables_of_its_own_stack",
    *("tests/policies/test_pack.py", "tests/components/program", "tests/components/settings"),
    # Of the tests of one stack only those of the new one: it cannot change the others.
    *("-k", f"{NAME} or test_graph or test_workflows or test_bootstrap or test_pack or test_program"),
)


def execute(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", *arguments], cwd=folder, capture_output=True, text=True, check=False)


def steps() -> list[str]:
    """The steps of the README."""
    (section,) = re.findall(r"^\*\*Another stack\*\*.*?\n\n(.*?)\n\n", (PROJECT / "README.md").read_text(), re.M | re.S)
    return re.split(r"^\d\. ", section, flags=re.M)[1:]


@pytest.mark.local
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_another_stack_needs_only_the_steps_of_the_readme(tmp_path: Path) -> None:
    copy = copy_project(tmp_path)
    settings, snapshots, deployment, bootstrap = steps()

    assert f"Copy `Pulumi.dev.yaml` to `Pulumi.{NAME}.yaml`" in settings
    text = (copy / "Pulumi.dev.yaml").read_text()
    (copy / f"Pulumi.{NAME}.yaml").write_text(text.replace("platform-dev", NAME).replace(": dev", f": {NAME}"))
    assert f"try it: `make run STACK={NAME}`" in settings
    assert run(copy, "--stack", NAME)["status"] == "COMPLETED"

    assert "Run `make snapshots`, and commit the new file" in snapshots
    assert "tests.delivery.graph" in re.findall(r"^snapshots:.*\n\t(.*)", (copy / "Makefile").read_text(), re.M)[0]
    written = execute(copy, "tests.delivery.graph")
    assert written.returncode == 0, written.stderr
    assert f"agent-runs-{NAME}-journal" in (copy / f"snapshots/{NAME}.txt").read_text()
    assert (copy / "snapshots/dev.txt").read_text() == (PROJECT / "snapshots/dev.txt").read_text()

    assert f"copy the job `dev` to a job `{NAME}`. It needs `dev`, and `prod` needs `{NAME}`" in deployment
    workflow = copy / ".github/workflows/deploy.yml"
    text = workflow.read_text()
    job = text[text.index("  dev:\n") : text.index("  prod:\n")]
    job = re.sub(r"\bdev\b", NAME, job).replace("_DEV ", f"_{NAME.upper()} ").replace("needs: test", "needs: dev")
    before, prod = text.split("  prod:\n")
    workflow.write_text(before + job + "  prod:\n" + prod.replace("needs: dev", f"needs: {NAME}"))

    assert f"add `{NAME}` to `stacks`" in bootstrap

    checked = execute(copy, "pytest", "-n", "0", "-p", "no:cacheprovider", *CHECKS)
    assert checked.returncode == 0, checked.stdout


def test_the_matrix_of_the_workflows_has_each_file_of_a_stack(tmp_path: Path) -> None:
    for name in ("dev", "eu-prod"):
        (tmp_path / f"Pulumi.{name}.yaml").touch()
    (tmp_path / "Pulumi.yaml").touch()
    listed = subprocess.run(
        [PROJECT / ".github/scripts/list-stacks"], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert json.loads(listed.stdout) == {
        "include": [
            {
                "stack": name,
                "role": f"AWS_PREVIEW_ROLE_ARN_{suffix}",
                "region": f"AWS_REGION_{suffix}",
                "environment": f"PREVIEW_ENVIRONMENT_{suffix}",
                "backend": f"PULUMI_BACKEND_URL_{suffix}",
            }
            for name, suffix in (("dev", "DEV"), ("eu-prod", "EU_PROD"))
        ]
    }


@pytest.mark.parametrize("previewed", [["dev"], []])
def test_pull_requests_preview_only_stacks_with_an_environment_for_it(previewed: list[str]) -> None:
    variables = {f"PREVIEW_ENVIRONMENT_{stack.upper()}": f"{stack}-preview" for stack in previewed}
    listed = subprocess.run(
        [PROJECT / ".github/scripts/list-stacks"],
        cwd=PROJECT,
        env={**os.environ, "VARIABLES": json.dumps({"AWS_REGION_PROD": "eu-west-1", **variables}, indent=2)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert [run["stack"] for run in json.loads(listed.stdout)["include"]] == previewed
    assert listed.stdout.strip() == '{"include": []}' or previewed, "the workflow compares it with this text"


@pytest.mark.parametrize("name", ["Prod", 'a"b', "*"])
def test_a_file_whose_name_cannot_be_a_stack_is_no_matrix(name: str, tmp_path: Path) -> None:
    if name != "*":  # as in a folder without stacks
        (tmp_path / f"Pulumi.{name}.yaml").touch()
    listed = subprocess.run(
        [PROJECT / ".github/scripts/list-stacks"], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert listed.returncode == 1
    assert "rename the file" in listed.stderr
