"""PrivateBucket alone, with the mocks of AWS."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.storage.private_bucket import PrivateBucket, PrivateBucketArgs
from components.testing.mocks import ACCOUNT, REGION, Mocks
from tests.components.parts import KEY_ARN, context


def bucket(*, protect: bool = False, with_key: bool = False) -> PrivateBucket:
    args = PrivateBucketArgs(
        context=context(protect=protect, with_key=with_key), part="files", expire_after_days={"reports/": 365}
    )
    return PrivateBucket("files", args)


@pytest.mark.usefixtures("mocks")
@pulumi.runtime.test
def test_the_bucket_s_name_is_globally_unique() -> pulumi.Output[None]:
    def check(name: str) -> None:
        assert name == f"agent-runs-test-files-{ACCOUNT}-{REGION}"

    return bucket().name.apply(check)


@pulumi.runtime.test
def test_the_bucket_is_never_public_and_refuses_requests_without_tls(mocks: Mocks) -> pulumi.Output[None]:
    bucket()

    def check(inputs: Sequence[Mapping[str, Any]]) -> None:
        block, policy = inputs
        switches = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
        assert [block[switch] for switch in switches] == [True] * 4
        (statement,) = json.loads(policy["policy"])["Statement"]
        assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}

    return pulumi.Output.all(
        mocks.inputs(aws.s3.BucketPublicAccessBlock, "files"), mocks.inputs(aws.s3.BucketPolicy, "files")
    ).apply(check)


@pytest.mark.parametrize(
    ("with_key", "encryption"),
    [(False, {"sseAlgorithm": "AES256"}), (True, {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEY_ARN})],
)
@pulumi.runtime.test
def test_objects_are_encrypted_with_the_stack_s_own_key_if_there_is_one(
    mocks: Mocks, with_key: bool, encryption: Mapping[str, str]
) -> pulumi.Output[None]:
    bucket(with_key=with_key)

    def check(inputs: Mapping[str, Any]) -> None:
        (rule,) = inputs["rules"]
        assert rule["applyServerSideEncryptionByDefault"] == encryption

    return mocks.inputs(aws.s3.BucketServerSideEncryptionConfiguration, "files").apply(check)


@pulumi.runtime.test
def test_objects_expire_by_prefix_and_replaced_versions_after_two_weeks(mocks: Mocks) -> pulumi.Output[None]:
    bucket()

    def check(inputs: Sequence[Mapping[str, Any]]) -> None:
        versioning, lifecycle = inputs
        assert versioning["versioningConfiguration"]["status"] == "Enabled"
        rules = {rule["id"]: rule for rule in lifecycle["rules"]}
        assert rules["tidy-up"]["noncurrentVersionExpiration"]["noncurrentDays"] == 14
        assert rules["expire-reports"]["filter"]["prefix"] == "reports/"
        assert rules["expire-reports"]["expiration"]["days"] == 365

    return pulumi.Output.all(
        mocks.inputs(aws.s3.BucketVersioning, "files"), mocks.inputs(aws.s3.BucketLifecycleConfiguration, "files")
    ).apply(check)


@pytest.mark.parametrize("protect", [True, False])
@pulumi.runtime.test
def test_a_protected_bucket_is_not_emptied_to_be_destroyed(mocks: Mocks, protect: bool) -> pulumi.Output[None]:
    bucket(protect=protect)

    def check(inputs: Mapping[str, Any]) -> None:
        assert inputs["forceDestroy"] is not protect

    return mocks.inputs(aws.s3.Bucket, "files").apply(check)
