"""The bootstrap's whole program, run as Pulumi would run it, and what its roles would let in and do."""

from __future__ import annotations

import json
import runpy
from collections.abc import Collection, Mapping
from typing import Any

import pulumi
import pytest

from bootstrap.place import PROJECT as STACKS_PROJECT
from components.settings.problems import SettingsError
from components.testing.mocks import ACCOUNT, REGION
from policies.rules.documents import Statement, statements
from tests.components import recorded
from tests.components.recorded import PROJECT, Recording
from tests.delivery import provider_calls
from tests.delivery.iam import allows
from tests.delivery.workflows import jobs, variables
from tests.policies.pack_runs import resources, violations

pytestmark = pytest.mark.filterwarnings("ignore:.* has been deprecated in favor of:DeprecationWarning")

NAMESPACE = "agent-runs-bootstrap"
CONFIG = {
    "repository": "example/agents",
    "stacks": json.dumps(["dev", "prod"]),
    "tags": json.dumps({"owner": "platform@example.com", "cost-center": "platform"}),
}


def run(encrypted: Collection[str] = (), **changes: str | None) -> Recording:
    """Runs the program with some settings changed (None takes one away)."""
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
    """Who may take on a role, and what the role may do."""
    found = {
        type_name: next(r for r in recording.of(type_name) if r.name == name) for type_name in ("Role", "RolePolicy")
    }
    (trust,) = json.loads(found["Role"]["assumeRolePolicy"])["Statement"]
    return trust, list(statements(found["RolePolicy"]["policy"]))


def test_it_exports_what_the_next_steps_and_github_s_variables_need(bootstrapped: Recording) -> None:
    backend = f"s3://state-of-agent-runs-{ACCOUNT}-{REGION}?region={REGION}"

    assert bootstrapped.error is None
    assert bootstrapped.outputs == {
        "backend_url": backend,
        "github_variables": {
            f"{name}_{suffix}": value
            for stack, suffix in {"dev": "DEV", "prod": "PROD"}.items()
            for name, value in {
                "AWS_REGION": REGION,
                "PULUMI_BACKEND_URL": backend,
                "AWS_PREVIEW_ROLE_ARN": f"arn:aws:iam::{ACCOUNT}:role/preview-agent-runs",
                "AWS_DEPLOY_ROLE_ARN": f"arn:aws:iam::{ACCOUNT}:role/deploy-agent-runs-{stack}",
            }.items()
        },
        "secrets_providers": {
            "dev": f"awskms://alias/state-of-agent-runs-dev?region={REGION}",
            "prod": f"awskms://alias/state-of-agent-runs-prod?region={REGION}",
        },
    }


def test_the_workflows_ask_for_exactly_these_variables(bootstrapped: Recording) -> None:
    asked = {name for job in jobs() for name in variables(job.spec)}

    assert asked == set(bootstrapped.outputs["github_variables"])


def test_a_stack_is_given_the_variables_of_its_own_account_and_no_others() -> None:
    given = [
        (part["stack"], name)
        for job in jobs()
        for part in [*job.runs, *(step["with"] for step in job.uses("$/.github/actions/pulumi"))]
        for name in variables(part)
    ]

    assert len(given) == 2 * 9, "three for each job of each stack"
    assert [(stack, name) for stack, name in given if not name.endswith(f"_{stack.upper()}")] == []


def test_variables_of_stacks_in_accounts_of_their_own_do_not_meet() -> None:
    one, other = (set(run(stacks=stacks).outputs["github_variables"]) for stacks in ('["dev"]', '["eu-prod"]'))

    assert other >= {"AWS_DEPLOY_ROLE_ARN_EU_PROD", "AWS_REGION_EU_PROD"}
    assert one & other == set()


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
    # To be read, secrets must be decrypted. The other one checks a text, and keeps nothing.
    assert {verb for verb in verbs if not verb.startswith(("Get", "List", "Describe"))} == {
        *("Decrypt", "ValidateStateMachineDefinition")
    }

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


@pytest.fixture(scope="module")
def largest(prod: Recording) -> Recording:
    """Prod, with everything that a setting can add to it."""
    recording = recorded.run("prod", notifyOn="always")
    assert recording.error is None
    assert len(recording.resources) > len(prod.resources)
    return recording


def test_it_is_known_of_every_type_of_resource_what_the_provider_asks_for(largest: Recording) -> None:
    assert {provider_calls.kind(resource) for resource in resources(largest)} == set(provider_calls.CALLS)


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_whoever_looks_may_read_whatever_the_provider_asks_for(
    bootstrapped: Recording, stack: str, request: pytest.FixtureRequest
) -> None:
    _, document = role(bootstrapped, "preview")
    found = resources(request.getfixturevalue("dev" if stack == "dev" else "largest"))
    asked = {(a, provider_calls.arn(r)) for r in found for a in provider_calls.CALLS[provider_calls.kind(r)].previews}

    assert len(asked) > 100
    assert sorted(one for one in asked if not allows(document, *one, {})) == []


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_whoever_deploys_a_stack_may_make_and_read_whatever_it_consists_of_at_its_first_deployment(
    bootstrapped: Recording, stack: str, request: pytest.FixtureRequest
) -> None:
    _, document = role(bootstrapped, f"deploy-{stack}")
    found = resources(request.getfixturevalue("dev" if stack == "dev" else "largest"))
    calls = [(provider_calls.arn(r), provider_calls.CALLS[provider_calls.kind(r)]) for r in found]
    asked = {(action, arn) for arn, call in calls for action in (*call.previews, *call.makes)}

    assert len(asked) > 100
    # Without a context: of the key, KMS knows no alias yet.
    assert sorted(one for one in asked if not allows(document, *one, {})) == []


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_whoever_deploys_a_stack_may_hand_its_roles_to_the_services_that_take_them_on(
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


KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/any"
# What DynamoDB, whose demands are the greatest, asks for in the name of whoever creates a table under a key.
KEY_USES = [f"kms:{a}" for a in ("CreateGrant", "Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey", "ReEncryptTo")]


def key_of(*aliases: str, through: str | None = None) -> dict[str, list[str]]:
    """The context of a request about a key, from a service's name on if the service makes it."""
    context = {"kms:resourcealiases": list(aliases)} if aliases else {}
    return context | ({"kms:viaservice": [f"{through}.{REGION}.amazonaws.com"]} if through else {})


@pytest.mark.parametrize("service", ["dynamodb", "lambda", "logs", "s3", "sns", "sqs"])
def test_a_new_key_can_be_used_through_services_before_kms_takes_note_of_its_alias(
    bootstrapped: Recording, service: str
) -> None:
    _, document = role(bootstrapped, "deploy-prod")

    for aliases in [(), ("alias/agent-runs-prod",), ("alias/agent-runs-prod-sizer",)]:
        context = key_of(*aliases, through=service)
        assert [action for action in KEY_USES if not allows(document, action, KEY, context)] == []


def test_keys_of_others_can_neither_be_used_nor_taken_by_giving_them_an_alias(bootstrapped: Recording) -> None:
    _, document = role(bootstrapped, "deploy-dev")

    for aliases in [("alias/agent-runs-prod",), ("alias/agent-runs-dev2",), ("alias/aws/s3",)]:
        for action in (*KEY_USES, "kms:CreateAlias", "kms:TagResource", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"):
            allowed = allows(document, action, KEY, key_of(*aliases, through="dynamodb"))
            assert allowed == (action == "kms:DescribeKey"), (action, aliases)
    assert not allows(document, "kms:Decrypt", KEY, key_of()), "nor a key without an alias, but through a service"


@pytest.mark.parametrize(("one", "other"), [("dev", "dev2"), ("dev2", "dev")])
def test_what_deploys_one_stack_cannot_touch_another_whose_name_begins_alike(one: str, other: str) -> None:
    _, document = role(run(stacks=json.dumps(["dev", "dev2"])), f"deploy-{one}")
    recording = recorded.run("prod", stack_name=other, notifyOn="always")
    found = {
        provider_calls.arn(r) for r in resources(recording) if provider_calls.kind(r) not in ("QueryDefinition", "Key")
    }

    assert len(found) > 50
    touched = {(arn.split(":")[2], arn) for arn in found}
    assert sorted(arn for service, arn in touched if allows(document, f"{service}:DeleteAlias", arn, {})) == []
    assert sorted(arn for service, arn in touched if allows(document, f"{service}:PutRolePolicy", arn, {})) == []
    assert not allows(document, "kms:DeleteAlias", KEY, key_of(f"alias/agent-runs-{other}"))


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


@pytest.mark.parametrize("key", ["repository", "stacks", "tags"])
def test_an_encrypted_setting_is_refused_because_it_would_become_plain_text(key: str) -> None:
    stopped = run(encrypted=[key])

    assert [line.split(":")[1] for line in str(stopped.error).splitlines()[1:]] == [f"{key} is encrypted"]
    assert stopped.of("Role") == ()


def test_the_stacks_are_those_of_the_project() -> None:
    assert f"name: {STACKS_PROJECT}\n" in (PROJECT / "Pulumi.yaml").read_text()
