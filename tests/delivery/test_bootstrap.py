"""The bootstrap's whole program, run as Pulumi would run it, and what its roles would let in and do."""

from __future__ import annotations

import json
import runpy
from collections.abc import Mapping
from typing import Any

import pulumi
import pytest

from bootstrap.place import PROJECT as STACKS_PROJECT
from components.problems import SettingsError
from policies.rules.documents import Statement, statements
from tests.components import recorded
from tests.components.recorded import ACCOUNT, PROJECT, REGION, Recording
from tests.delivery.workflows import jobs
from tests.policies.pack_runs import resources, violations

pytestmark = pytest.mark.filterwarnings("ignore:.* has been deprecated in favor of:DeprecationWarning")

NAMESPACE = "agent-runs-bootstrap"
CONFIG = {
    "repository": "example/agents",
    "stacks": json.dumps(["dev", "prod"]),
    "tags": json.dumps({"owner": "platform@example.com", "cost-center": "platform"}),
}


def run(**changes: str | None) -> Recording:
    """Runs the program with some settings changed (None takes one away)."""
    values = {f"{NAMESPACE}:{key}": value for key, value in {**CONFIG, **changes}.items() if value is not None}
    return recorded.record(
        lambda: runpy.run_path(str(PROJECT / "bootstrap"), run_name="__main__"),
        project=NAMESPACE,
        stack_name="account",
        config=values,
    )


@pytest.fixture(scope="module")
def bootstrapped() -> Recording:
    return run()


def role(recording: Recording, name: str) -> tuple[dict[str, Any], list[Statement]]:
    """Who may take on a role, and what the role may do."""
    found = {
        type_name: next(r for r in recording.of(type_name) if r.name == name) for type_name in ("Role", "RolePolicy")
    }
    (trust,) = json.loads(found["Role"]["assumeRolePolicy"])["Statement"]
    return trust, list(statements(found["RolePolicy"]["policy"]))


def allows(document: list[Statement], action: str, resource: str) -> bool:
    """Whether a role may do something, whatever the conditions on it."""

    def matches(text: str, pattern: str) -> bool:
        before, *rest = pattern.split("*")
        if not rest:
            return text == pattern
        if not text.startswith(before):
            return False
        text = text[len(before) :]
        for part in rest[:-1]:
            _, found, text = text.partition(part)
            if part and not found:
                return False
        return text.endswith(rest[-1])

    return any(
        statement.allows
        and any(matches(action, pattern) for pattern in statement.actions)
        and any(matches(resource, pattern) for pattern in statement.resources)
        for statement in document
    )


def test_it_says_what_to_put_into_github_s_variables(bootstrapped: Recording) -> None:
    assert bootstrapped.error is None
    assert bootstrapped.outputs == {
        "AWS_REGION": REGION,
        "PULUMI_BACKEND_URL": f"s3://state-of-agent-runs-{ACCOUNT}-{REGION}?region={REGION}",
        "AWS_PREVIEW_ROLE_ARN": f"arn:aws:iam::{ACCOUNT}:role/preview-agent-runs",
        "AWS_DEPLOY_ROLE_ARN": {
            "dev": f"arn:aws:iam::{ACCOUNT}:role/deploy-agent-runs-dev",
            "prod": f"arn:aws:iam::{ACCOUNT}:role/deploy-agent-runs-prod",
        },
        "secrets_provider": {
            "dev": f"awskms://alias/state-of-agent-runs-dev?region={REGION}",
            "prod": f"awskms://alias/state-of-agent-runs-prod?region={REGION}",
        },
    }


def test_the_workflows_ask_for_exactly_these_variables(bootstrapped: Recording) -> None:
    asked = {
        value.split("vars.")[1].removesuffix(" }}")
        for job in jobs()
        for step in job.steps
        for value in map(str, step.get("with", {}).values())
        if "vars." in value
    }

    assert asked == {name for name in bootstrapped.outputs if name.isupper()}


def test_it_keeps_to_the_rules_that_stacks_keep_to(bootstrapped: Recording) -> None:
    # Whoever deploys works on what does not exist yet: its patterns have reasons of their own.
    broken = [v for v in violations(resources(bootstrapped)) if v[0] != "no-wildcards"]

    assert len(bootstrapped.of("Bucket")) == 1
    assert broken == []


def test_state_cannot_be_deleted_by_mistake(bootstrapped: Recording) -> None:
    guarded = [*bootstrapped.of("Bucket"), *bootstrapped.of("Key")]

    assert len(guarded) == 3
    assert all(resource.protect for resource in guarded)
    assert bootstrapped.one("Bucket")["forceDestroy"] is False


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_a_stack_is_deployed_from_the_environment_of_its_name_and_from_nowhere_else(
    bootstrapped: Recording, stack: str
) -> None:
    trust, _ = role(bootstrapped, f"deploy-{stack}")

    assert trust["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert trust["Condition"] == {
        "StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": [f"repo:example/agents:environment:{stack}"],
        }
    }


def test_pull_requests_and_main_may_look(bootstrapped: Recording) -> None:
    trust, _ = role(bootstrapped, "preview")

    assert trust["Condition"]["StringEquals"]["token.actions.githubusercontent.com:sub"] == [
        "repo:example/agents:pull_request",
        "repo:example/agents:ref:refs/heads/main",
    ]


def test_a_repository_of_the_new_kind_is_known_by_its_numbers_too() -> None:
    trust, _ = role(run(ownerId="12", repositoryId="34"), "deploy-prod")

    assert trust["Condition"]["StringEquals"]["token.actions.githubusercontent.com:sub"] == [
        "repo:example@12/agents@34:environment:prod"
    ]


def test_an_account_that_knows_github_already_does_not_get_to_know_it_again() -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
    recording = run(identityProviderArn=arn)

    assert recording.of("OpenIdConnectProvider") == ()
    assert role(recording, "preview")[0]["Principal"] == {"Federated": arn}


def test_looking_changes_nothing_and_reads_nothing_that_runs_have_written(bootstrapped: Recording) -> None:
    _, document = role(bootstrapped, "preview")
    verbs = {action.split(":")[1] for statement in document for action in statement.actions}
    # To be read, secrets must be decrypted.
    assert {verb for verb in verbs if not verb.startswith(("Get", "List", "Describe"))} == {"Decrypt"}

    log_stream = "log-group:/aws/lambda/agent-runs-prod-start:log-stream:s"
    for action, resource in {
        "dynamodb:GetItem": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/agent-runs-prod-journal",
        "s3:GetObject": f"arn:aws:s3:::agent-runs-prod-reports-{ACCOUNT}-{REGION}/reports/r",
        "logs:GetLogEvents": f"arn:aws:logs:{REGION}:{ACCOUNT}:{log_stream}",
        "sqs:ReceiveMessage": f"arn:aws:sqs:{REGION}:{ACCOUNT}:agent-runs-prod-undelivered-requests",
    }.items():
        assert not allows(document, action, resource), action


def test_what_deploys_dev_cannot_touch_prod_its_state_or_itself(bootstrapped: Recording) -> None:
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


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_whatever_a_stack_consists_of_may_be_created_by_who_deploys_it(
    bootstrapped: Recording, stack: str, request: pytest.FixtureRequest
) -> None:
    _, document = role(bootstrapped, f"deploy-{stack}")
    recording: Recording = request.getfixturevalue(stack)
    arns = {
        (r.type, arn)
        for r in resources(recording)
        for arn in [r.get("arn"), r.get("agentRuntimeArn")]
        if arn and str(arn).startswith("arn:")
    }

    assert len(arns) > 15
    for type_token, arn in sorted(arns):
        service = arn.split(":")[2]
        if service in ("iam", "kms"):
            continue
        # The recorder does not know on which bus a rule is.
        own = arn.replace("rule/bus/", f"rule/agent-runs-{stack}-events/")
        # Any action will do: the whole of a service is granted on the stack's own resources, or nothing of it.
        assert allows(document, f"{service}:DeleteIt", own), (type_token, own)


@pytest.mark.filterwarnings("ignore:pkg_resources is deprecated:UserWarning")
@pytest.mark.filterwarnings("ignore:invalid escape sequence:DeprecationWarning")
def test_every_action_is_one_that_aws_knows(bootstrapped: Recording) -> None:
    from parliament import analyze_policy_string

    unknown = [
        str(finding)
        for policy in bootstrapped.of("RolePolicy")
        for finding in analyze_policy_string(policy["policy"]).findings
        if finding.issue in ("UNKNOWN_ACTION", "UNKNOWN_PREFIX") and "bedrock-agentcore" not in str(finding)
    ]

    assert unknown == []


def test_policies_fit_into_a_role(bootstrapped: Recording) -> None:
    for policy in bootstrapped.of("RolePolicy"):
        assert len(policy["policy"]) < 10_240, policy.name


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"repository": None}, "repository is missing"),
        ({"repository": "agents"}, "the owner and the name of a repository"),
        ({"ownerId": "12"}, "the two numbers belong together"),
        ({"stacks": "[]"}, "one stack at least"),
        ({"stacks": '["Prod"]'}, "it becomes part of names"),
        ({"stacks": '["prod", "prod-eu"]'}, "what may deploy prod could change prod-eu too"),
        ({"identityProviderArn": "arn:aws:iam::1:role/x"}, "ARN of GitHub's identity provider"),
        ({"tags": "{}"}, "tags.owner is missing"),
        ({"repositry": "x/y"}, "Did you mean"),
    ],
)
def test_settings_with_problems_stop_the_program_with_a_remedy(changes: Mapping[str, str | None], problem: str) -> None:
    stopped = run(**changes)

    assert type(stopped.error) is pulumi.RunError
    assert problem in str(stopped.error)
    assert isinstance(stopped.error.__context__, SettingsError)


def test_the_stacks_are_those_of_the_project() -> None:
    assert f"name: {STACKS_PROJECT}\n" in (PROJECT / "Pulumi.yaml").read_text()
