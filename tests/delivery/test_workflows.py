"""The workflows' guarantees: triggers, order and permissions of their jobs."""

from __future__ import annotations

import importlib.metadata
import subprocess
from typing import Any

import pytest
import yaml

from tests.components.recorded import PROJECT, STACKS
from tests.delivery.workflows import ACTIONS, GITHUB, STACK_MATRIX, WORKFLOWS, job, jobs, load

PULUMI = "$/.github/actions/pulumi"


def pulumi_steps() -> list[dict[str, Any]]:
    """Return the steps of the action that runs Pulumi."""
    return list(load(GITHUB / "actions/pulumi/action.yml")["runs"]["steps"])


def pulumi_run() -> dict[str, Any]:
    """Return the step that runs a Pulumi command with Pulumi's own action."""
    (step,) = (s for s in pulumi_steps() if s.get("uses", "").startswith("pulumi/actions@") and "command" in s["with"])
    return step


def test_no_checkout_keeps_its_token() -> None:
    checkouts = [step for one in jobs() for step in one.uses("actions/checkout")]

    assert len(checkouts) >= 6
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_each_job_declares_its_permissions_and_a_short_timeout() -> None:
    for path in WORKFLOWS:
        assert load(path)["permissions"] == {}, path.name
    for one in jobs():
        assert one.spec["permissions"], one
        assert "uses" in one.spec or 0 < one.spec["timeout-minutes"] <= 30, one
        assert one.spec["permissions"].get("contents") == "read", one


def test_only_jobs_that_run_pulumi_get_a_token_for_aws() -> None:
    assert {(one.workflow, one.name) for one in jobs() if "id-token" in one.spec["permissions"]} == {
        (one.workflow, one.name) for one in jobs() if one.uses(PULUMI)
    }


def test_no_workflow_uses_a_secret_or_a_privileged_trigger() -> None:
    for path in [*WORKFLOWS, *ACTIONS]:
        assert "secrets." not in path.read_text(), path.name
        assert not {"pull_request_target", "workflow_run", "issue_comment"} & set(load(path).get("on", {})), path.name


def test_pull_requests_and_deployments_are_tested_with_make_test() -> None:
    triggers = load(GITHUB / "workflows/test.yml")["on"]

    assert set(triggers) == {"pull_request", "workflow_call"}
    assert job("deploy", "test").spec["uses"].endswith("/workflows/test.yml"), "main's pushes are tested by deploy"
    assert job("test", "test").steps[-1]["run"] == ".ci/run"
    assert "make test" in (PROJECT / ".ci/run").read_text()


def test_a_newcomer_s_first_commands_run_on_macos_and_on_the_newest_python() -> None:
    machines = job("test", "machines")
    command = machines.steps[-1]

    assert {(run["runner"].partition("-")[0], run["python"]) for run in machines.runs} == {
        ("macos", "3.13"),
        ("ubuntu", "3.14"),
    }
    assert (command["run"], command["env"]) == ("make run test-fast", {"UV_PYTHON": "${{ matrix.python }}"})


def test_the_bundles_are_tested_on_arm64() -> None:
    artifacts = job("test", "artifacts")

    assert artifacts.spec["runs-on"] == "ubuntu-24.04-arm"
    assert artifacts.steps[-1]["run"] == "make test-artifacts"
    assert "\ntest-artifacts:" in (PROJECT / "Makefile").read_text()


def test_no_required_check_can_be_skipped() -> None:
    required = {
        "test": job("test", "test"),
        "artifacts": job("test", "artifacts"),
        "resource graph": job("preview", "graph"),
    }

    for name, one in required.items():
        assert one.spec["name"] == name
        assert "if" not in one.spec, name
        assert all("continue-on-error" not in step for step in (one.spec, *one.steps)), name
        # Deploy calls the tests by a job of its own, whose check has both names: "test / test".
        assert [o for o in jobs() if o.spec.get("name") == name and o.workflow != one.workflow] == [], name
    text = " ".join((PROJECT / "bootstrap/README.md").read_text().split())
    assert "the checks `test`, `artifacts` and `resource graph`" in text


def test_a_pull_request_is_previewed_on_every_stack_but_code_of_a_fork_never_meets_credentials() -> None:
    preview = job("preview", "preview")
    (step,) = preview.uses(PULUMI)

    assert step["with"]["command"] == "preview"
    assert step["with"]["role"] == "${{ vars[matrix.role] }}"
    assert all("PREVIEW_ROLE" in run["role"] for run in preview.runs)
    assert "!github.event.pull_request.head.repo.fork" in preview.spec["if"]
    assert preview.spec["environment"] == "${{ vars[matrix.environment] }}", "its role trusts nothing else here"
    assert """needs.stacks.outputs.matrix != '{"include": []}'""" in preview.spec["if"]
    assert "if" not in job("preview", "graph").spec, "the resource graph is for forks too"


@pytest.mark.parametrize("name", ["preview", "drift"])
def test_previews_and_the_search_for_drift_take_their_stacks_from_the_stacks_files(name: str) -> None:
    one, listing = job(name, name), job(name, "stacks")

    assert (one.spec["needs"], one.spec["strategy"]["matrix"]) == ("stacks", STACK_MATRIX)
    assert [run["stack"] for run in one.runs] == list(STACKS)
    assert listing.steps[-1]["run"].startswith("matrix=$(.github/scripts/list-stacks)\n")
    assert listing.spec["if"].strip("${} ") in one.spec["if"]


def test_every_stack_is_deployed_after_the_tests_and_prod_after_dev() -> None:
    before = {one.name: one.spec.get("needs") for one in jobs() if one.workflow == "deploy"}
    chain = ["prod"]
    while (earlier := before[chain[-1]]) is not None:
        chain.append(earlier)

    assert set(before) == {"test", *STACKS}, "deploy.yml needs one job for each Pulumi.<stack>.yaml"
    assert [name for name, needed in before.items() if name != "test" and needed not in before] == []
    assert chain[-2:] == ["dev", "test"]


def test_a_stack_is_deployed_by_a_job_of_its_own_behind_its_environment_s_approval_from_main_alone() -> None:
    for name in STACKS:
        one = job("deploy", name)
        (step,) = one.uses(PULUMI)
        assert one.spec["environment"] == name
        assert one.spec["if"] == "github.ref == 'refs/heads/main'"
        assert (step["with"]["command"], step["with"]["stack"]) == ("up", name)
        assert "DEPLOY_ROLE" in step["with"]["role"]
        assert one.spec["concurrency"] == {"group": f"stack-{name}", "cancel-in-progress": False}


def test_no_waiting_job_blocks_or_cancels_a_job_of_another_kind() -> None:
    for path in WORKFLOWS:
        if path.stem in ("deploy", "drift"):
            assert "concurrency" not in load(path), "prod's approval would hold up dev"
    groups = {(one.workflow, one.name): one.spec["concurrency"]["group"] for one in jobs() if "concurrency" in one.spec}

    assert groups["drift", "drift"] == "drift-${{ matrix.stack }}"
    assert len(set(groups.values())) == len(groups)


def test_only_deployments_change_resources() -> None:
    commands = {(one.workflow, step["with"]["command"]) for one in jobs() for step in one.uses(PULUMI)}

    assert commands == {("preview", "preview"), ("deploy", "up"), ("drift", "drift")}
    assert pulumi_run()["with"]["command"] == "${{ inputs.command == 'up' && 'up' || 'preview' }}"


def test_drift_is_detected_on_a_schedule_and_reported_in_an_issue() -> None:
    (step,) = job("drift", "drift").uses(PULUMI)
    tell = job("drift", "report")

    assert load(GITHUB / "workflows/drift.yml")["on"]["schedule"]
    run = pulumi_run()["with"]
    assert step["with"]["command"] == "drift"
    assert run["refresh"] == run["expect-no-changes"] == "${{ inputs.command == 'drift' }}"
    assert (tell.spec["needs"], tell.spec["permissions"]["issues"]) == ("drift", "write")
    assert "failure()" in tell.spec["if"]


def test_every_pulumi_command_uses_the_policy_pack() -> None:
    assert (PROJECT / pulumi_run()["with"]["policyPacks"] / "PulumiPolicy.yaml").exists()
    # test_preview.py checks the same for the preview of a pull request.


def test_a_pull_request_s_preview_installs_only_the_cli_and_runs_show_preview() -> None:
    install, show = (step for step in pulumi_steps() if step.get("if") == "${{ inputs.command == 'preview' }}")

    assert install["with"] == {"pulumi-version": "${{ steps.packages.outputs.pulumi }}"}
    assert show["run"] == ".github/scripts/show-preview"
    assert show["env"].keys() == {"STACK", "PULUMI_BACKEND_URL", "GH_TOKEN", "PULL_REQUEST", "RUN_URL"}
    assert pulumi_run()["if"] == "${{ inputs.command != 'preview' }}"


def test_the_pulumi_cli_always_has_the_version_of_the_library() -> None:
    script = 'pulumi=$(.github/scripts/pulumi-version)\necho "pulumi=$pulumi" >> "$GITHUB_OUTPUT"\n'
    for steps in (pulumi_steps(), job("test", "test").steps):
        read = next(step for step in steps if script in step.get("run", ""))
        installs = [step for step in steps if step.get("uses", "").startswith("pulumi/actions@")]
        assert installs
        for step in installs:
            assert step["with"]["pulumi-version"] == f"${{{{ steps.{read['id']}.outputs.pulumi }}}}"
    done = subprocess.run([GITHUB / "scripts/pulumi-version"], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == importlib.metadata.version("pulumi")


def test_pre_commit_hooks_run_the_commands_of_ci() -> None:
    (repository,) = yaml.safe_load((PROJECT / ".pre-commit-config.yaml").read_text())["repos"]

    assert repository["repo"] == "local"
    assert {hook["entry"] for hook in repository["hooks"]} == {"make check", "make test"}
