"""The bootstrap program, run as Pulumi runs it: its resources, and the trust and permissions of its roles."""

from __future__ import annotations

import json
import runpy
from collections.abc import Collection, Mapping
from typing import Any

import pulumi
import pytest
import yaml

from bootstrap.place import STACKS_PROJECT
from bootstrap.settings import BootstrapSettingsError
from components.testing.mocks import ACCOUNT, REGION
from policies.rules.documents import Statement, statements
from tests.components import recorded
from tests.components.recorded import PROJECT, STACKS, Recording
from tests.delivery import provider_calls
from tests.delivery.iam import allows, everybody_may
from tests.delivery.workflows import jobs, variables
from tests.policies.pack_runs import resources, violations

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:.* has been deprecated in favor of:DeprecationWarning"),
]

NAMESPACE = "agent-runs-bootstrap"
CONFIG = {
    "repository": "example/agents",
    "stacks": json.dumps(STACKS),
    "pullRequestPreviews": json.dumps(STACKS),
    "tags": json.dumps({"owner": "platform@example.com", "cost-center": "platform"}),
}
EVALUATION = {"evaluators": ["Builtin.GoalSuccessRate"], "evaluationPercentage": 10}
SUFFIXES = {stack: stack.upper().replace("-", "_") for stack in STACKS}


def run(encrypted: Collection[str] = (), **changes: str | None) -> Recording:
    """Run the program with some settings changed (None removes one)."""
    values = {f"{NAMESPACE}:{key}": value for key, value in {**CONFIG, **changes}.items() if value is not None}
    return recorded.record(
        lambda: runpy.run_path(str(PROJECT / "bootstrap"), run_name="__main__"),
        project=NAMESPACE,
        stack_name="account",
        config=values,
        encrypted=[f"{NAMESPACE}:{key}" for key in encrypted],
    )


@pytest.fixture(scope="module")
def bootstrapped() -> Recording:
    return run()


def role(recording: Recording, name: str) -> tuple[dict[str, Any], list[Statement]]:
    """Return a role's trust statement and its permissions."""
    found = {
        type_name: next(r for r in recording.of(type_name) if r.name == name) for type_name in ("Role", "RolePolicy")
    }
    (trust,) = json.loads(found["Role"]["assumeRolePolicy"])["Statement"]
    return trust, list(statements(found["RolePolicy"]["policy"]))


def test_the_outputs_are_the_values_that_the_next_steps_and_github_need(bootstrapped: Recording) -> None:
    backend = f"s3://state-of-agent-runs-{ACCOUNT}-{REGION}?region={REGION}"

    assert bootstrapped.error is None
    assert bootstrapped.outputs == {
        "backend_url": backend,
        "permissions_boundaries": {
            stack: f"arn:aws:iam::{ACCOUNT}:policy/boundary-agent-runs-{stack}" for stack in STACKS
        },
        "github_variables": {
            f"{name}_{suffix}": value
            for stack, suffix in SUFFIXES.items()
            for name, value in {
                "AWS_REGION": REGION,
                "PULUMI_BACKEND_URL": backend,
                "AWS_PREVIEW_ROLE_ARN": f"arn:aws:iam::{ACCOUNT}:role/preview-agent-runs-{stack}",
                "AWS_DEPLOY_ROLE_ARN": f"arn:aws:iam::{ACCOUNT}:role/deploy-agent-runs-{stack}",
                "PREVIEW_ENVIRONMENT": f"{stack}-preview",
            }.items()
        },
        "secrets_providers": {stack: f"awskms://alias/state-of-agent-runs-{stack}?region={REGION}" for stack in STACKS},
    }


def test_the_workflows_use_exactly_these_variables(bootstrapped: Recording) -> None:
    asked = {name for job in jobs() for _, name in variables(job)}

    assert asked == set(bootstrapped.outputs["github_variables"])


def test_each_job_gets_only_the_variables_of_its_own_stack() -> None:
    given = [(stack, name) for job in jobs() for stack, name in variables(job)]

    assert len(given) == len(STACKS) * 10, "three for each job of each stack, and the environment of a preview"
    assert [(stack, name) for stack, name in given if stack is None or not name.endswith(f"_{SUFFIXES[stack]}")] == []


def test_stacks_in_different_accounts_have_different_variables() -> None:
    one, other = (
        set(run(stacks=stacks, pullRequestPreviews=stacks).outputs["github_variables"])
        for stacks in ('["dev"]', '["eu-prod"]')
    )

    assert other >= {"AWS_DEPLOY_ROLE_ARN_EU_PROD", "AWS_REGION_EU_PROD"}
    assert one & other == set()


def test_the_bootstrap_follows_the_policy_pack_of_the_stacks(bootstrapped: Recording) -> None:
    # A deploy role needs patterns, because the resources do not exist yet. Its grants have their own reasons.
    broken = [v for v in violations(resources(bootstrapped)) if v[0] != "no-wildcards"]

    assert len(bootstrapped.of("Bucket")) == 1
    assert broken == []


def test_state_cannot_be_deleted_by_mistake(bootstrapped: Recording) -> None:
    guarded = [*bootstrapped.of("Bucket"), *bootstrapped.of("Key")]

    assert len(guarded) == 1 + len(STACKS)
    assert all(resource.protect for resource in guarded)
    assert bootstrapped.one("Bucket")["forceDestroy"] is False


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_a_stack_is_deployed_only_from_the_environment_of_the_same_name(bootstrapped: Recording, stack: str) -> None:
    trust, _ = role(bootstrapped, f"deploy-{stack}")

    assert trust["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert trust["Condition"] == {
        "StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": [f"repo:example/agents:environment:{stack}"],
        }
    }


def test_a_new_repository_is_identified_by_its_ids_too() -> None:
    trust, _ = role(run(ownerId="12", repositoryId="34"), "deploy-prod")

    assert trust["Condition"]["StringEquals"]["token.actions.githubusercontent.com:sub"] == [
        "repo:example@12/agents@34:environment:prod"
    ]


def test_an_existing_identity_provider_is_used() -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
    recording = run(identityProviderArn=arn)

    assert recording.of("OpenIdConnectProvider") == ()
    assert role(recording, "preview-dev")[0]["Principal"] == {"Federated": arn}


def test_the_deploy_role_of_dev_cannot_change_prod_its_state_or_itself(bootstrapped: Recording) -> None:
    _, document = role(bootstrapped, "deploy-dev")
    bucket = f"arn:aws:s3:::state-of-agent-runs-{ACCOUNT}-{REGION}/.pulumi"

    def role_arn(name: str) -> str:
        return f"arn:aws:iam::{ACCOUNT}:role/{name}"

    own = {
        "iam:PutRolePolicy": role_arn("agent-runs-dev-agent"),
        "dynamodb:DeleteTable": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/agent-runs-dev-journal",
        "s3:PutObject": f"{bucket}/stacks/agent-runs/dev.json",
        "s3:DeleteObject": f"{bucket}/locks/organization/agent-runs/dev/1.json",
    }
    others = {
        "iam:PutRolePolicy": [role_arn(f"{verb}-agent-runs-dev") for verb in ("deploy", "preview")],
        "dynamodb:DeleteTable": [own["dynamodb:DeleteTable"].replace("dev", "prod")],
        "s3:PutObject": [f"{bucket}/stacks/agent-runs/prod.json", f"{bucket}/stacks/other/dev.json"],
        "s3:GetObject": [f"{bucket}/stacks/agent-runs/prod.json"],
        "s3:PutBucketPolicy": [bucket.removesuffix("/.pulumi")],
        "iam:PassRole": [role_arn("agent-runs-prod-agent"), role_arn("Administrator")],
        "iam:AttachRolePolicy": [role_arn("agent-runs-dev-agent")],
    }

    assert [action for action, resource in own.items() if not allows(document, action, resource)] == []
    assert [(a, r) for a, found in others.items() for r in found if allows(document, a, r)] == []


@pytest.fixture(scope="module")
def largest(prod: Recording) -> Recording:
    """Record prod with every optional resource."""
    recording = recorded.run("prod", notifyOn="always", traceContent=True, **EVALUATION)
    assert recording.error is None
    assert len(recording.resources) > len(prod.resources)
    return recording


def test_the_provider_s_calls_are_listed_for_every_resource_type(largest: Recording) -> None:
    assert {provider_calls.kind(resource) for resource in resources(largest)} == set(provider_calls.CALLS)


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_the_preview_role_may_read_everything_that_the_provider_reads(
    bootstrapped: Recording, stack: str, request: pytest.FixtureRequest
) -> None:
    _, document = role(bootstrapped, f"preview-{stack}")
    found = resources(request.getfixturevalue("dev" if stack == "dev" else "largest"))
    asked = {(a, provider_calls.arn(r)) for r in found for a in provider_calls.CALLS[provider_calls.kind(r)].previews}

    assert len(asked) > 100
    assert sorted(one for one in asked if not allows(document, *one, {})) == []


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_a_deploy_role_may_create_and_read_all_resources_at_the_first_deployment(
    bootstrapped: Recording, stack: str, request: pytest.FixtureRequest
) -> None:
    _, document = role(bootstrapped, f"deploy-{stack}")
    found = resources(request.getfixturevalue("dev" if stack == "dev" else "largest"))
    calls = [(provider_calls.arn(r), provider_calls.CALLS[provider_calls.kind(r)]) for r in found]
    asked = {(action, arn) for arn, call in calls for action in (*call.previews, *call.makes)}

    assert len(asked) > 100
    # Without aliases, because KMS does not consider the new one yet.
    context = {"iam:permissionsboundary": [bootstrapped.outputs["permissions_boundaries"][stack]]}
    refused = sorted(one for one in asked if not allows(document, *one, context))
    assert [one for one in refused if ":key/" not in one[1]] == []
    # The policy that the program gives to a key allows what its role does not.
    deployer = {"aws:principalarn": [f"arn:aws:iam::{ACCOUNT}:role/deploy-agent-runs-{stack}"]}
    keys = [list(statements(r.props["policy"])) for r in found if provider_calls.kind(r) == "Key"]
    assert [one for one in refused for policy in keys if not everybody_may(policy, one[0], deployer)] == []
    assert bool(keys) == bool(refused)


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_a_deploy_role_may_create_and_delete_the_first_runtime_of_an_account(
    bootstrapped: Recording, stack: str, request: pytest.FixtureRequest
) -> None:
    _, document = role(bootstrapped, f"deploy-{stack}")
    asked = [call for r in resources(request.getfixturevalue(stack)) for call in provider_calls.calls_on_behalf(r)]

    assert len(asked) >= 5
    assert [call for call in asked if not allows(document, *call)] == []

    other = "prod" if stack == "dev" else "dev"
    deleted = {arn for action, arn, _ in asked if action.endswith(":DeleteWorkloadIdentity")}
    (foreign,) = {arn.replace(f"_{stack}_", f"_{other}_") for arn in deleted} - deleted
    assert not allows(document, "bedrock-agentcore:DeleteWorkloadIdentity", foreign)
    assert not allows(document, *provider_calls.linked_role("ec2.amazonaws.com"))
    action, arn, _ = provider_calls.linked_role("runtime-identity.bedrock-agentcore.amazonaws.com")
    assert not allows(document, action, arn, {"iam:awsservicename": ["ec2.amazonaws.com"]})


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_a_deploy_role_may_pass_the_stack_s_roles_to_their_services_only(
    bootstrapped: Recording, stack: str, request: pytest.FixtureRequest
) -> None:
    _, document = role(bootstrapped, f"deploy-{stack}")
    recording: Recording = request.getfixturevalue(stack)
    roles = {r["name"]: json.loads(r["assumeRolePolicy"])["Statement"][0]["Principal"] for r in recording.of("Role")}

    assert len(roles) > 5
    for name, principal in roles.items():
        arn = f"arn:aws:iam::{ACCOUNT}:role/{name}"
        assert allows(document, "iam:PassRole", arn, {"iam:passedtoservice": [principal["Service"]]}), name
        assert not allows(document, "iam:PassRole", arn, {"iam:passedtoservice": ["ec2.amazonaws.com"]}), name


@pytest.mark.parametrize(("one", "other"), [("dev", "dev2"), ("dev2", "dev")])
def test_a_deploy_role_cannot_change_a_stack_with_a_similar_name(one: str, other: str) -> None:
    _, document = role(run(stacks=json.dumps(["dev", "dev2"]), pullRequestPreviews=None), f"deploy-{one}")
    recording = recorded.run("prod", stack_name=other, notifyOn="always", traceContent=True, **EVALUATION)
    found = {
        provider_calls.arn(r) for r in resources(recording) if provider_calls.kind(r) not in ("QueryDefinition", "Key")
    }

    assert len(found) > 50
    touched = {(arn.split(":")[2], arn) for arn in found}
    assert sorted(arn for service, arn in touched if allows(document, f"{service}:DeleteAlias", arn, {})) == []
    assert sorted(arn for service, arn in touched if allows(document, f"{service}:PutRolePolicy", arn, {})) == []


@pytest.mark.filterwarnings("ignore:pkg_resources is deprecated:UserWarning")
@pytest.mark.filterwarnings("ignore:invalid escape sequence:DeprecationWarning")
def test_every_action_exists_in_aws(bootstrapped: Recording) -> None:
    from parliament import analyze_policy_string

    unknown = [
        str(finding)
        for policy in bootstrapped.of("RolePolicy")
        for finding in analyze_policy_string(policy["policy"]).findings
        if finding.issue in ("UNKNOWN_ACTION", "UNKNOWN_PREFIX") and "bedrock-agentcore" not in str(finding)
    ]

    assert unknown == []


def test_each_policy_is_below_the_size_limit_of_a_role(bootstrapped: Recording) -> None:
    for policy in bootstrapped.of("RolePolicy"):
        assert len(policy["policy"]) < 10_240, policy.name


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"repository": None}, "repository is missing"),
        ({"repository": "agents"}, "the owner and the name of a repository"),
        ({"ownerId": "12"}, "both numbers are needed"),
        ({"stacks": "[]"}, "at least one stack"),
        ({"stacks": '["Prod"]'}, "resource names contain it"),
        ({"pullRequestPreviews": '["staging"]'}, 'pullRequestPreviews is "staging": it is not in stacks'),
        ({"agentActions": '["iam:PassRole"]'}, "which give permissions"),
        ({"agentActions": '["ec2:*"]'}, "it must be an IAM action"),
        ({"stacks": '["prod", "prod-eu"]'}, "the role that deploys prod could change it too"),
        ({"identityProviderArn": "arn:aws:iam::1:role/x"}, "ARN of GitHub's identity provider"),
        ({"tags": "{}"}, "tags.owner is missing"),
        ({"repositry": "x/y"}, "Did you mean"),
    ],
)
def test_settings_with_problems_stop_the_program_with_a_remedy(changes: Mapping[str, str | None], problem: str) -> None:
    stopped = run(**changes)

    assert type(stopped.error) is pulumi.RunError
    assert problem in str(stopped.error)
    assert isinstance(stopped.error.__context__, BootstrapSettingsError)


def test_the_example_of_the_settings_gives_no_role_for_prod() -> None:
    example = yaml.safe_load((PROJECT / "bootstrap" / "Pulumi.account.yaml.example").read_text())["config"]
    values = {name.removeprefix(f"{NAMESPACE}:"): value for name, value in example.items() if name != "aws:region"}
    changes = {key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}

    roles = [created.name for created in run(**changes).of("Role")]

    assert sorted(roles) == ["deploy-dev", "preview-dev"]


@pytest.mark.parametrize("key", ["repository", "stacks", "tags"])
def test_an_encrypted_setting_is_refused_because_it_would_become_plain_text(key: str) -> None:
    stopped = run(encrypted=[key])

    assert [line.split(":")[1] for line in str(stopped.error).splitlines()[1:]] == [f"{key} is encrypted"]
    assert stopped.of("Role") == ()


def test_the_stacks_belong_to_the_project_in_pulumi_yaml() -> None:
    assert f"name: {STACKS_PROJECT}\n" in (PROJECT / "Pulumi.yaml").read_text()
