"""The role of previews: who can assume it, and what it can read. A pull request can change every workflow."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping

import pytest

from components.testing.mocks import ACCOUNT, REGION
from policies.rules.documents import Statement
from tests.components.recorded import STACKS, Recording
from tests.delivery.iam import allows
from tests.delivery.test_bootstrap import bootstrapped, role, run

__all__ = ["bootstrapped"]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:.* has been deprecated in favor of:DeprecationWarning"),
]

STATE = f"arn:aws:s3:::state-of-agent-runs-{ACCOUNT}-{REGION}/.pulumi"

Environments = Mapping[str, Collection[str]]
"""Environments that exist, each with the refs that GitHub admits without asking anybody."""

PULL_REQUEST = "refs/pull/7/merge"
ENVIRONMENTS: Environments = {
    "dev": ["refs/heads/main"],
    "prod": [],
    "dev-preview": ["refs/heads/main", PULL_REQUEST],
    "prod-preview": [],
}


def subjects_of_a_pull_request(environments: Environments) -> set[str]:
    """Return the subjects of all tokens that a pull request of the repository can get without a reviewer.

    It can change the workflow: the event, the branch (not to main) and the environment. GitHub creates an environment
    that does not exist, without rules.
    """
    branch = "refs/heads/feature"
    possible = {*environments, *(f"{stack}{suffix}" for stack in STACKS for suffix in ("", "-preview"))}
    open_to_it = {e for e in possible if {branch, PULL_REQUEST} & set(environments.get(e, [PULL_REQUEST]))}
    return {"pull_request", f"ref:{branch}", *(f"environment:{name}" for name in open_to_it)}


def trusted(recording: Recording, name: str) -> set[str]:
    """Return the subjects that may assume a role, without the repository."""
    condition = role(recording, name)[0]["Condition"]["StringEquals"]
    return {sub.removeprefix("repo:example/agents:") for sub in condition["token.actions.githubusercontent.com:sub"]}


def roles_of_a_pull_request(recording: Recording, environments: Environments) -> set[str]:
    """Return the roles that a pull request can assume without a reviewer."""
    subjects = subjects_of_a_pull_request(environments)
    return {r.name for r in recording.of("Role") if subjects & trusted(recording, r.name)}


def reads(document: Collection[Statement], stack: str) -> list[str]:
    """Return what a role can read of a stack's state and secrets."""
    asked = {
        "state": ("s3:GetObject", f"{STATE}/stacks/agent-runs/{stack}.json"),
        "compressed state": ("s3:GetObject", f"{STATE}/stacks/agent-runs/{stack}.json.gz"),
        "tags": ("s3:GetObject", f"{STATE}/stacks/agent-runs/{stack}.pulumi-tags"),
        "history": ("s3:GetObject", f"{STATE}/history/agent-runs/{stack}/{stack}-1.checkpoint.json"),
        "backups": ("s3:GetObject", f"{STATE}/backups/agent-runs/{stack}/{stack}.1.json"),
        "secrets": ("kms:Decrypt", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/state-{stack}"),
    }
    return [what for what, request in asked.items() if allows([*document], *request)]


def test_a_pull_request_cannot_read_the_state_and_the_secrets_of_prod(bootstrapped: Recording) -> None:
    assert roles_of_a_pull_request(bootstrapped, ENVIRONMENTS) == {"preview-dev"}
    _, document = role(bootstrapped, "preview-dev")

    assert reads(document, "dev") == ["state", "compressed state", "tags", "secrets"]
    assert reads(document, "prod") == []


def test_pull_requests_preview_nothing_that_the_account_s_settings_do_not_name() -> None:
    recording = run(pullRequestPreviews=None)

    assert [trusted(recording, f"preview-{stack}") for stack in STACKS] == [{"ref:refs/heads/main"}] * len(STACKS)
    assert not [name for name in recording.outputs["github_variables"] if name.startswith("PREVIEW_ENVIRONMENT")]
    # The deploy roles trust an environment in any case. So the README creates the environments first.
    assert roles_of_a_pull_request(recording, ENVIRONMENTS) == set()
    assert roles_of_a_pull_request(recording, {}) == {f"deploy-{stack}" for stack in STACKS}


def test_drift_detection_on_main_may_assume_every_preview_role(bootstrapped: Recording) -> None:
    for stack in STACKS:
        assert trusted(bootstrapped, f"preview-{stack}") == {"ref:refs/heads/main", f"environment:{stack}-preview"}


@pytest.mark.parametrize("stack", STACKS)
def test_a_preview_role_can_neither_change_anything_nor_read_data_of_runs(bootstrapped: Recording, stack: str) -> None:
    _, document = role(bootstrapped, f"preview-{stack}")
    verbs = {action.split(":")[1] for statement in document for action in statement.actions}
    # Reading secrets needs decryption. The other action validates a text and stores nothing.
    assert {verb for verb in verbs if not verb.startswith(("Get", "List", "Describe"))} == {
        *("Decrypt", "ValidateStateMachineDefinition")
    }

    here = f"{REGION}:{ACCOUNT}"
    identity = f"arn:aws:bedrock-agentcore:{here}:workload-identity-directory/default/workload-identity"
    runtime = f"agent_runs_{stack}_agent-Ab12345678"
    for action, resource in {
        "dynamodb:GetItem": f"arn:aws:dynamodb:{here}:table/agent-runs-{stack}-journal",
        "s3:GetObject": f"arn:aws:s3:::agent-runs-{stack}-reports-{ACCOUNT}-{REGION}/reports/r",
        "logs:GetLogEvents": f"arn:aws:logs:{here}:log-group:/aws/lambda/agent-runs-{stack}-start:log-stream:s",
        "sqs:ReceiveMessage": f"arn:aws:sqs:{here}:agent-runs-{stack}-undelivered-requests",
        "states:DescribeExecution": f"arn:aws:states:{here}:execution:agent-runs-{stack}-workflow:r",
        "bedrock-agentcore:GetWorkloadAccessToken": f"{identity}/{runtime}",
        "bedrock-agentcore:GetWorkloadAccessTokenForUserId": f"{identity}/{runtime}",
        "bedrock-agentcore:GetResourceOauth2Token": f"{identity}/{runtime}",
        "bedrock-agentcore:GetResourceApiKey": f"{identity}/{runtime}",
        "bedrock-agentcore:ListSessions": f"arn:aws:bedrock-agentcore:{here}:runtime/{runtime}",
    }.items():
        assert not allows(document, action, resource), action


@pytest.mark.parametrize("stack", STACKS)
def test_a_preview_role_names_each_of_its_actions(bootstrapped: Recording, stack: str) -> None:
    _, document = role(bootstrapped, f"preview-{stack}")

    assert [action for statement in document for action in statement.actions if "*" in action] == []


def test_a_stack_without_an_environment_for_previews_gets_no_run() -> None:
    recording = run(pullRequestPreviews=json.dumps(["dev"]))

    assert recording.outputs["github_variables"].get("PREVIEW_ENVIRONMENT_DEV") == "dev-preview"
    assert "PREVIEW_ENVIRONMENT_PROD" not in recording.outputs["github_variables"]
    assert trusted(recording, "preview-prod") == {"ref:refs/heads/main"}
