"""A small production stack that follows every rule, and functions that change it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from typing import Any

from policies.rules import types
from policies.rules.resource import Resource

KEY_ARN = "arn:aws:kms:eu-west-1:123456789012:key/own"
TAGS = {"owner": "platform@example.com", "cost-center": "platform"}
SOURCE = {"StringEquals": {"aws:SourceAccount": "123456789012"}, "ArnLike": {"aws:SourceArn": "arn:aws:states:::x"}}


def document(**statement: Any) -> str:
    """Return a policy with one statement; its effect is Allow by default."""
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow"} | statement]})


def tls_only(service: str) -> str:
    return document(
        Effect="Deny",
        Principal="*",
        Action=f"{service}:*",
        Resource="*",
        Condition={"Bool": {"aws:SecureTransport": "false"}},
    )


def resource(type_token: str, name: str, *, protect: bool = False, stack: str = "prod", **props: Any) -> Resource:
    urn = f"urn:pulumi:{stack}::agent-runs::{type_token}::{name}"
    return Resource(urn=urn, type=type_token, name=name, props=props, protect=protect)


def clean() -> list[Resource]:
    blocked = dict.fromkeys(("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), True)
    default = {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEY_ARN}
    encrypted = [{"applyServerSideEncryptionByDefault": default}]
    trusted = {"Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole", "Condition": SOURCE}
    root = {"Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "kms:*", "Resource": "*"}
    return [
        resource(types.KEY, "key", protect=True, enableKeyRotation=True, policy=document(**root), tags=TAGS),
        resource(
            types.TABLE,
            "table",
            protect=True,
            deletionProtectionEnabled=True,
            pointInTimeRecovery={"enabled": True},
            serverSideEncryption={"enabled": True, "kmsKeyArn": KEY_ARN},
            tags=TAGS,
        ),
        resource(types.BUCKET, "bucket", protect=True, bucket="b", forceDestroy=False, tags=TAGS),
        resource(types.BUCKET_ENCRYPTION, "encryption", bucket="b", rules=encrypted),
        resource(types.BUCKET_PUBLIC_ACCESS_BLOCK, "block", bucket="b", **blocked),
        resource(types.BUCKET_VERSIONING, "versions", bucket="b", versioningConfiguration={"status": "Enabled"}),
        resource(types.BUCKET_POLICY, "bucket-policy", bucket="b", policy=tls_only("s3")),
        resource(types.QUEUE, "queue", url="https://q", kmsMasterKeyId=KEY_ARN, tags=TAGS),
        resource(types.QUEUE_POLICY, "queue-policy", queueUrl="https://q", policy=tls_only("sqs")),
        resource(types.TOPIC, "topic", arn="arn:t", kmsMasterKeyId=KEY_ARN, tags=TAGS),
        resource(types.TOPIC_POLICY, "topic-policy", arn="arn:t", policy=tls_only("sns")),
        resource(types.LOG_GROUP, "logs", retentionInDays=90, kmsKeyId=KEY_ARN, tags=TAGS),
        resource(types.IAM_ROLE, "role", assumeRolePolicy=document(**trusted), tags=TAGS),
        resource(
            types.IAM_ROLE_POLICY,
            "role-policy",
            policy=document(
                Sid="Keep", Action=["dynamodb:GetItem"], Resource=["arn:aws:dynamodb:eu-west-1:123456789012:table/t"]
            ),
        ),
        resource(types.FUNCTION_URL, "url", authorizationType="AWS_IAM"),
        resource(types.LAMBDA_PERMISSION, "permission", principal="*", sourceArn="arn:aws:s3:::b"),
    ]


def changed(stack: Sequence[Resource], name: str, *, protect: bool | None = None, **props: Any) -> list[Resource]:
    """Return the stack with some properties of one resource replaced; None removes a property."""
    return [
        one
        if one.name != name
        else dataclasses.replace(
            one,
            props={key: value for key, value in {**one.props, **props}.items() if value is not None},
            protect=one.protect if protect is None else protect,
        )
        for one in stack
    ]


def without(stack: Sequence[Resource], name: str) -> list[Resource]:
    return [one for one in stack if one.name != name]


def in_development(stack: Sequence[Resource]) -> list[Resource]:
    return [dataclasses.replace(one, urn=one.urn.replace(":prod:", ":dev:")) for one in stack]
