from __future__ import annotations

from typing import Any

import pytest

from policies.rules import wildcards
from tests.policies.pack_runs import violations
from tests.policies.stacks import SOURCE, TAGS, changed, clean, document, in_development, resource, tls_only, without

AWS_KEY = "arn:aws:kms:eu-west-1:123456789012:alias/aws/sns"
EVERYBODY = {"Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}


def broken(stack: list[Any]) -> set[tuple[str, str]]:
    """Return (policy, resource) for each broken policy."""
    return {(policy, name) for policy, name, _ in violations(stack)}


def test_a_stack_that_follows_every_rule_is_accepted() -> None:
    assert violations(clean()) == []


@pytest.mark.parametrize(
    ("policy", "name", "change"),
    [
        ("encrypted-at-rest", "key", {"enableKeyRotation": False}),
        ("own-keys-in-production", "table", {"serverSideEncryption": {"enabled": True}}),
        ("own-keys-in-production", "table", {"serverSideEncryption": None}),
        ("own-keys-in-production", "topic", {"kmsMasterKeyId": "alias/aws/sns"}),
        ("own-keys-in-production", "topic", {"kmsMasterKeyId": AWS_KEY}),
        ("own-keys-in-production", "queue", {"kmsMasterKeyId": None, "sqsManagedSseEnabled": True}),
        ("own-keys-in-production", "logs", {"kmsKeyId": None}),
        ("log-retention", "logs", {"retentionInDays": None}),
        ("log-retention", "logs", {"retentionInDays": 0}),
        ("no-public-access", "bucket-policy", {"policy": document(**EVERYBODY)}),
        ("no-public-access", "key", {"policy": document(Principal={"AWS": "*"}, Action="kms:Decrypt", Resource="*")}),
        ("no-public-access", "role", {"assumeRolePolicy": document(Principal={"AWS": "*"}, Action="sts:AssumeRole")}),
        ("no-public-access", "key", {"policy": document(NotPrincipal={"AWS": "x"}, Action="kms:Sign", Resource="*")}),
        ("no-public-access", "url", {"authorizationType": "NONE"}),
        ("no-public-access", "permission", {"sourceArn": None}),
        ("data-protected-in-production", "table", {"protect": False}),
        ("data-protected-in-production", "key", {"protect": False}),
        ("data-protected-in-production", "table", {"deletionProtectionEnabled": False}),
        ("data-protected-in-production", "table", {"pointInTimeRecovery": None}),
        ("data-protected-in-production", "bucket", {"forceDestroy": True}),
        ("tags-required", "topic", {"tags": None}),
        ("tags-required", "role", {"tags": {"owner": TAGS["owner"], "cost-center": ""}}),
        (
            "trust-for-this-account",
            "role",
            {"assumeRolePolicy": document(Principal={"Service": "states.amazonaws.com"}, Action="sts:AssumeRole")},
        ),
        ("no-wildcards", "role", {"managedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"]}),
        ("no-wildcards", "role", {"inlinePolicies": [{"policy": document(Action="s3:*", Resource="arn:aws:s3:::b")}]}),
    ],
)
def test_each_change_breaks_exactly_one_rule(policy: str, name: str, change: dict[str, Any]) -> None:
    found = violations(changed(clean(), name, **change))

    # A policy that no longer refuses requests without TLS breaks that rule as well, on the bucket itself.
    assert {(p, n) for p, n, _ in found if p != "tls-only"} == {(policy, name)}
    assert all(": " in message for _, _, message in found), "the remedy follows the rule"


def test_an_unencrypted_queue_breaks_two_rules_in_production() -> None:
    assert broken(changed(clean(), "queue", kmsMasterKeyId=None)) == {
        ("encrypted-at-rest", "queue"),
        ("own-keys-in-production", "queue"),
    }


def test_a_topic_needs_a_key_in_production() -> None:
    assert broken(changed(clean(), "topic", kmsMasterKeyId=None)) == {("own-keys-in-production", "topic")}


@pytest.mark.parametrize(
    ("policy", "missing"),
    [
        ("buckets-encrypted", "encryption"),
        ("buckets-not-public", "block"),
        ("buckets-versioned", "versions"),
        ("tls-only", "bucket-policy"),
    ],
)
def test_a_bucket_needs_each_of_its_configurations(policy: str, missing: str) -> None:
    assert broken(without(clean(), missing)) == {(policy, "bucket")}


@pytest.mark.parametrize(
    ("policy", "name", "change"),
    [
        ("buckets-not-public", "block", {"ignorePublicAcls": False}),
        ("buckets-versioned", "versions", {"versioningConfiguration": {"status": "Suspended"}}),
        (
            "buckets-encrypted",
            "encryption",
            {"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]},
        ),
        ("buckets-encrypted", "encryption", {"bucket": "another"}),
    ],
)
def test_the_configurations_of_a_bucket_must_be_right_and_belong_to_it(
    policy: str, name: str, change: dict[str, Any]
) -> None:
    assert broken(changed(clean(), name, **change)) == {(policy, "bucket")}


@pytest.mark.parametrize(
    ("store", "policy", "service"), [("queue", "queue-policy", "sqs"), ("topic", "topic-policy", "sns")]
)
def test_queues_and_topics_refuse_requests_without_tls(store: str, policy: str, service: str) -> None:
    too_narrow = tls_only(service).replace(f"{service}:*", f"{service}:Send")

    assert broken(without(clean(), policy)) == {("tls-only", store)}
    assert broken(changed(clean(), policy, policy=too_narrow)) == {("tls-only", store)}


def test_a_topic_s_policy_may_list_the_denied_actions() -> None:
    listed = tls_only("sns").replace('"sns:*"', '["SNS:Subscribe", "sns:Publish", "sns:DeleteTopic"]')

    assert broken(changed(clean(), "topic-policy", policy=listed)) == set()


def test_a_development_stack_may_be_destroyed_and_needs_no_own_keys() -> None:
    stack = changed(clean(), "table", protect=False, deletionProtectionEnabled=False, pointInTimeRecovery=None)
    stack = changed(stack, "bucket", protect=False, forceDestroy=True)
    stack = changed(stack, "logs", kmsKeyId=None)
    stack = changed(stack, "queue", kmsMasterKeyId=None, sqsManagedSseEnabled=True)
    stack = changed(stack, "encryption", rules=[{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}])

    assert violations(in_development(stack)) == []
    assert len(violations(stack)) == 8


def test_each_of_several_production_stacks_is_production() -> None:
    for stack, production in {"prod": True, "prod-eu": True, "dev": False, "products": False}.items():
        assert resource("aws:sns/topic:Topic", "t", stack=stack).is_production == production


@pytest.mark.parametrize(
    "statement",
    [
        {"Principal": {"AWS": "*"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": SOURCE},
        {
            "Principal": "*",
            "Action": "kms:Decrypt",
            "Resource": "*",
            "Condition": {"StringEquals": {"KMS:CallerAccount": "123456789012"}},
        },
    ],
)
def test_everybody_is_allowed_under_a_condition_on_the_account(statement: dict[str, Any]) -> None:
    assert violations(changed(clean(), "key", policy=document(**statement))) == []


@pytest.mark.parametrize(
    ("action", "resource_arn"),
    [
        ("dynamodb:*", "arn:aws:dynamodb:eu-west-1:123456789012:table/t"),
        ("dynamodb:Get?tem", "arn:aws:dynamodb:eu-west-1:123456789012:table/t"),
        ("*", "*"),
        ("dynamodb:GetItem", "*"),
        ("dynamodb:GetItem", "arn:aws:dynamodb:eu-west-1:123456789012:table/*"),
        ("s3:GetObject", "*"),
        ("s3:GetObject", "arn:aws:s3:::*/reports/*"),
        ("s3:GetObject", "arn:aws:s3:::b/*"),
        ("s3:DeleteBucket", "arn:aws:s3:::b/reports/*"),
        ("logs:FilterLogEvents", "arn:aws:logs:eu-west-1:123456789012:log-group:*"),
        ("lambda:InvokeFunction", "arn:aws:lambda:eu-west-1:123456789012:function:*"),
        ("bedrock:InvokeModel", "arn:aws:bedrock:*::foundation-model/*"),
        ("bedrock:InvokeModel", "arn:aws:bedrock:eu-*::foundation-model/a-model"),
        ("cloudwatch:PutMetricData", "*"),
    ],
)
def test_an_unknown_wildcard_is_found(action: str, resource_arn: str) -> None:
    policy = document(Sid="Open", Action=action, Resource=resource_arn)

    assert broken(changed(clean(), "role-policy", policy=policy)) == {("no-wildcards", "role-policy")}


@pytest.mark.parametrize(
    ("action", "resource_arn", "condition"),
    [
        ("xray:PutTraceSegments", "*", None),
        ("s3:GetObject", "arn:aws:s3:::b/reports/*", None),
        ("logs:PutLogEvents", "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/f:*", None),
        ("cloudwatch:PutMetricData", "*", {"StringEquals": {"cloudwatch:namespace": "n"}}),
        (
            "bedrock:InvokeModel",
            "arn:aws:bedrock:eu-*::foundation-model/a-model",
            {"StringEquals": {"bedrock:InferenceProfileArn": "arn:aws:bedrock:eu-west-1:1:inference-profile/p"}},
        ),
    ],
)
def test_a_known_wildcard_is_accepted(action: str, resource_arn: str, condition: dict[str, Any] | None) -> None:
    condition_element = {"Condition": condition} if condition else {}
    policy = document(Sid="Known", Action=action, Resource=resource_arn, **condition_element)

    assert violations(changed(clean(), "role-policy", policy=policy)) == []


def test_a_statement_with_not_action_or_not_resource_has_a_wildcard() -> None:
    policy = document(Sid="All", NotAction="iam:*", NotResource="arn:aws:s3:::b")

    assert broken(changed(clean(), "role-policy", policy=policy)) == {("no-wildcards", "role-policy")}


def test_a_deny_statement_may_have_wildcards() -> None:
    assert violations(changed(clean(), "role-policy", policy=document(Effect="Deny", Action="*", Resource="*"))) == []


def test_every_known_wildcard_has_a_reason() -> None:
    assert all(known.reason.endswith(".") and len(known.reason) > 20 for known in wildcards.KNOWN)
