"""What the role that deploys one stack can do to keys and roles of others: each test is an attempt to get more."""

from __future__ import annotations

import pytest

from components.testing.mocks import ACCOUNT, REGION
from policies.rules.documents import Statement, statements
from tests.components import recorded
from tests.components.recorded import STACKS, Recording
from tests.delivery.iam import Context, allows, everybody_may
from tests.delivery.test_bootstrap import bootstrapped, role, run

__all__ = ["bootstrapped"]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:.* has been deprecated in favor of:DeprecationWarning"),
]

KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/any"
DEPLOYER = f"arn:aws:iam::{ACCOUNT}:role/deploy-agent-runs-dev"
ROOT = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
# The policy that AWS gives to a key without one: IAM decides.
DEFAULT = list(statements({"Statement": [ROOT]}))
# Actions that give somebody the key's data, the key itself, or the permission to get them.
TAKEN_OVER = [
    f"kms:{action}"
    for action in (
        *("CreateAlias", "UpdateAlias", "CreateGrant", "Decrypt", "Encrypt", "GenerateDataKey", "PutKeyPolicy"),
        *("ReEncryptTo", "ReEncryptFrom", "ScheduleKeyDeletion", "DisableKey", "DisableKeyRotation"),
    )
]


def can(document: list[Statement], policy: list[Statement], action: str, *aliases: str) -> bool:
    """Return whether dev's deploy role can do something to a key with a policy and some aliases, through DynamoDB."""
    context = {
        "aws:principalarn": [DEPLOYER],
        "kms:viaservice": [f"dynamodb.{REGION}.amazonaws.com"],
        **({"kms:resourcealiases": list(aliases)} if aliases else {}),
    }
    return allows(document, action, KEY, context) or everybody_may(policy, action, context)


@pytest.mark.parametrize(
    "aliases", [(), ("alias/agent-runs-prod",), ("alias/agent-runs-dev2",), ("alias/payroll",), ("alias/aws/s3",)]
)
def test_a_foreign_key_cannot_be_taken_over(bootstrapped: Recording, aliases: tuple[str, ...]) -> None:
    _, document = role(bootstrapped, "deploy-dev")

    assert [action for action in TAKEN_OVER if can(document, DEFAULT, action, *aliases)] == []


def test_no_permission_depends_on_a_tag_because_the_role_can_tag_foreign_keys(bootstrapped: Recording) -> None:
    _, document = role(bootstrapped, "deploy-dev")

    assert can(document, DEFAULT, "kms:TagResource"), "KMS needs this to tag a new key while it is created"
    assert not can(document, DEFAULT, "kms:TagResource", "alias/payroll")
    assert not [s.sid for s in document if any("tag" in key for key in s.condition_keys)]


@pytest.mark.parametrize("aliases", [(), ("alias/agent-runs-prod",)])
def test_a_key_can_be_used_by_the_deploy_role_that_its_policy_names_and_by_no_other(
    bootstrapped: Recording, prod: Recording, aliases: tuple[str, ...]
) -> None:
    _, document = role(bootstrapped, "deploy-dev")
    policy = list(statements(prod.one("Key")["policy"]))
    own = {"aws:principalarn": [DEPLOYER.replace("dev", "prod")]}

    assert [action for action in TAKEN_OVER if can(document, policy, action, *aliases)] == []
    # At once: KMS needs minutes until it considers a new alias.
    assert [action for action in TAKEN_OVER if not everybody_may(policy, action, own)] == []


def test_a_key_from_before_its_policy_named_the_deploy_role_can_still_be_changed(bootstrapped: Recording) -> None:
    _, document = role(bootstrapped, "deploy-dev")

    for alias in ("alias/agent-runs-dev", "alias/agent-runs-dev-sizer"):
        assert [action for action in TAKEN_OVER if not can(document, DEFAULT, action, alias)] == []


BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/boundary-agent-runs-dev"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/agent-runs-dev-agent"


def bound(boundary: str | None) -> Context:
    """Return the context of a request about a role with a permissions boundary, or without one."""
    return {} if boundary is None else {"iam:permissionsboundary": [boundary]}


@pytest.mark.parametrize(
    "boundary", [None, BOUNDARY.replace("dev", "prod"), "arn:aws:iam::aws:policy/AdministratorAccess"]
)
def test_no_role_can_be_created_or_get_a_permission_without_the_stack_s_boundary(
    bootstrapped: Recording, boundary: str | None
) -> None:
    _, document = role(bootstrapped, "deploy-dev")
    gives = ["iam:CreateRole", "iam:PutRolePolicy", "iam:PutRolePermissionsBoundary"]

    assert [action for action in gives if not allows(document, action, ROLE, bound(BOUNDARY))] == []
    assert [action for action in gives if allows(document, action, ROLE, bound(boundary))] == []


def test_the_boundary_can_be_neither_changed_nor_removed(bootstrapped: Recording) -> None:
    _, document = role(bootstrapped, "deploy-dev")
    policies = ("CreatePolicy", "CreatePolicyVersion", "DeletePolicy", "DeletePolicyVersion", "SetDefaultPolicyVersion")
    roles = ("AttachRolePolicy", "DeleteRolePermissionsBoundary", "DetachRolePolicy")
    asked = [*((f"iam:{action}", BOUNDARY) for action in policies), *((f"iam:{action}", ROLE) for action in roles)]

    assert [request for request in asked if allows(document, *request)] == []


def test_a_role_of_another_stack_can_be_neither_passed_nor_changed(bootstrapped: Recording) -> None:
    _, document = role(bootstrapped, "deploy-dev")
    names = ("agent-runs-prod-agent", "deploy-agent-runs-dev", "preview-agent-runs-dev", "Administrator")
    actions = ("PassRole", "CreateRole", "PutRolePolicy", "UpdateAssumeRolePolicy", "DeleteRole")
    asked = [(f"iam:{action}", f"arn:aws:iam::{ACCOUNT}:role/{name}") for action in actions for name in names]

    assert [request for request in asked if allows(document, *request)] == []


# The policies of other buses, other saved queries and the account's policies of logs. AWS offers nothing narrower.
BEYOND_THE_STACK = {
    *("events:PutPermission", "events:RemovePermission", "logs:CreateLogDelivery", "logs:DeleteQueryDefinition"),
    *("logs:PutQueryDefinition", "logs:PutResourcePolicy"),
}
HARMLESS = ("Create", "Describe", "Get", "List", "Validate")


def test_what_a_deploy_role_can_change_beyond_its_stack_is_written_here(bootstrapped: Recording) -> None:
    _, document = role(bootstrapped, "deploy-dev")
    anywhere = {action for s in document if "*" in s.resources for action in s.actions}
    creates = {action for action in anywhere if ":Create" in action} - BEYOND_THE_STACK

    assert {a for a in anywhere if not a.split(":")[1].startswith(HARMLESS)} <= BEYOND_THE_STACK
    assert creates == {
        *("bedrock-agentcore:CreateAgentRuntime", "bedrock-agentcore:CreateWorkloadIdentity"),
        *("bedrock-agentcore:CreateOnlineEvaluationConfig", "kms:CreateKey"),
    }


def test_a_deploy_role_has_no_permission_in_iam_except_for_the_stack_s_roles(bootstrapped: Recording) -> None:
    _, document = role(bootstrapped, "deploy-dev")
    touched = {r for s in document if any(a.startswith("iam:") for a in s.actions) for r in s.resources}
    linked = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role"

    assert touched == {
        f"arn:aws:iam::{ACCOUNT}:role/agent-runs-dev-*",
        f"{linked}/network.bedrock-agentcore.amazonaws.com/*",
        f"{linked}/runtime-identity.bedrock-agentcore.amazonaws.com/*",
    }


def boundary_of(recording: Recording, stack: str) -> list[Statement]:
    (made,) = (r for r in recording.of("Policy") if r.name == f"boundary-{stack}")
    assert made["name"] == f"boundary-agent-runs-{stack}"
    return list(statements(made["policy"]))


@pytest.mark.parametrize("stack", STACKS)
def test_the_boundary_allows_everything_that_the_program_gives_to_the_stack_s_roles(
    bootstrapped: Recording, stack: str
) -> None:
    boundary = boundary_of(bootstrapped, stack)
    model = "anthropic.claude-3-haiku-20240307-v1:0"
    missing = set()
    scored = {
        "traceContent": True,
        "evaluators": ["Builtin.GoalSuccessRate", "own-Ab12345678"],
        "evaluationPercentage": 1,
    }
    others = {
        "notifyOn": "always",
        "refreshPrices": True,
        "groupByTag": "owner",
        "customerManagedKeys": True,
        "modelId": model,
    }
    for changes in ({}, {**others, **scored}):
        recording = recorded.run(stack, agent=None, **changes)
        assert recording.error is None
        for document in recording.policies().values():
            for given in statements({"Statement": document}):
                context = {key: values for keys in given.conditions.values() for key, values in keys.items()}
                asked = [(action, resource) for action in given.actions for resource in given.resources]
                missing |= {request for request in asked if not allows(boundary, *request, context)}

    assert sorted(missing) == [], "add these to bootstrap/boundary.py"


def test_the_boundary_stops_a_role_that_a_deployment_has_given_everything(bootstrapped: Recording) -> None:
    boundary = boundary_of(bootstrapped, "dev")
    here = f"{REGION}:{ACCOUNT}"
    state = f"arn:aws:s3:::state-of-agent-runs-{ACCOUNT}-{REGION}/.pulumi/stacks/agent-runs"
    asked = {
        ("iam:CreateUser", f"arn:aws:iam::{ACCOUNT}:user/me"),
        ("iam:CreateRole", ROLE),
        ("iam:PassRole", ROLE),
        ("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/Administrator"),
        ("dynamodb:GetItem", f"arn:aws:dynamodb:{here}:table/agent-runs-prod-journal"),
        ("dynamodb:DeleteTable", f"arn:aws:dynamodb:{here}:table/agent-runs-dev-journal"),
        ("s3:GetObject", f"arn:aws:s3:::agent-runs-prod-reports-{ACCOUNT}-{REGION}/reports/r"),
        ("s3:GetObject", f"{state}/dev.json"),
        ("s3:PutObject", f"arn:aws:s3:::agent-runs-dev-code-{ACCOUNT}-{REGION}/agent.zip"),
        ("lambda:UpdateFunctionCode", f"arn:aws:lambda:{here}:function:agent-runs-dev-start"),
        ("lambda:InvokeFunction", f"arn:aws:lambda:{here}:function:payroll"),
        ("lambda:GetFunction", f"arn:aws:lambda:{here}:function:payroll"),
        ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{here}:secret:any"),
        ("bedrock-agentcore:GetResourceApiKey", "*"),
    }

    assert sorted(request for request in asked if allows(boundary, *request)) == []
    assert not allows(boundary, "kms:Decrypt", KEY, {}), "a key can be used through the stack's services only"


def test_agents_of_your_own_get_the_actions_of_the_account_s_settings() -> None:
    recording = run(agentActions='["ec2:DescribeInstances"]')

    assert allows(boundary_of(recording, "dev"), "ec2:DescribeInstances", "*", {})
    assert not allows(boundary_of(run(), "dev"), "ec2:DescribeInstances", "*", {})


def test_a_boundary_is_below_the_size_limit_of_a_managed_policy(bootstrapped: Recording) -> None:
    # IAM does not count white space.
    sizes = {policy.name: len("".join(policy["policy"].split())) for policy in bootstrapped.of("Policy")}

    assert len(sizes) == len(STACKS)
    assert {name: size for name, size in sizes.items() if size > 6_144} == {}


# A pattern in an action also matches what AWS adds later, and what reads data or secrets.
WILD_ACTIONS = {
    **dict.fromkeys(
        [
            *("bedrock-agentcore:*", "cloudwatch:*", "dynamodb:*", "events:*", "lambda:*", "logs:*", "s3:*"),
            *("scheduler:*", "sns:*", "sqs:*", "states:*"),
        ],
        "The deploy role creates and deletes these resources of its stack: it can do everything to them in any case.",
    ),
    "kms:*": "The condition allows only keys with an alias of the stack, which the role creates and deletes too.",
}


def test_an_action_with_a_wildcard_has_a_written_reason_and_never_every_resource(bootstrapped: Recording) -> None:
    for policy in (*bootstrapped.of("RolePolicy"), *bootstrapped.of("Policy")):
        for given in statements(policy["policy"]):
            wild = [action for action in given.actions if "*" in action]
            assert not wild or policy.name.startswith("deploy-"), (policy.name, wild)
            assert set(wild) <= set(WILD_ACTIONS), "name the actions, or write the reason here"
            assert not wild or "*" not in given.resources, given.sid
