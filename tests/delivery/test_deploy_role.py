"""What the role that deploys one stack can do to keys and roles of others: each test is an attempt to get more."""

from __future__ import annotations

import pytest

from components.testing.mocks import ACCOUNT, REGION
from policies.rules.documents import Statement, statements
from tests.components.recorded import Recording
from tests.delivery.iam import allows, everybody_may
from tests.delivery.test_bootstrap import bootstrapped, role

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
