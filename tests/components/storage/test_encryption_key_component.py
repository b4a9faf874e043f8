"""EncryptionKey alone, with the mocks of AWS. `test_encryption_key.py` checks what the whole program encrypts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.storage.encryption_key import EncryptionKey, EncryptionKeyArgs
from components.testing.mocks import ACCOUNT, REGION, Mocks
from tests.components.parts import context


@pulumi.runtime.test
def test_the_key_rotates_and_its_deletion_can_be_cancelled_for_a_month(mocks: Mocks) -> pulumi.Output[None]:
    EncryptionKey("key", EncryptionKeyArgs(context=context()))

    def check(key: Mapping[str, Any]) -> None:
        assert key["enableKeyRotation"]
        assert key["deletionWindowInDays"] == 30

    return mocks.inputs(aws.kms.Key, "key").apply(check)


@pulumi.runtime.test
def test_services_may_use_the_key_for_this_stack_only(mocks: Mocks) -> pulumi.Output[None]:
    EncryptionKey("key", EncryptionKeyArgs(context=context()))

    def check(key: Mapping[str, Any]) -> None:
        statements = {statement["Sid"]: statement for statement in json.loads(key["policy"])["Statement"]}
        assert statements["IamDecides"]["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
        alarms = statements["AlarmsToTopic"]["Condition"]["ArnLike"]["aws:SourceArn"]
        assert alarms == f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:agent-runs-test-*"

    return mocks.inputs(aws.kms.Key, "key").apply(check)


@pytest.mark.usefixtures("mocks")
@pulumi.runtime.test
def test_the_component_returns_the_key_s_arn() -> pulumi.Output[None]:
    def check(arn: str) -> None:
        assert arn.startswith(f"arn:aws:kms:{REGION}:{ACCOUNT}:key/")

    return EncryptionKey("key", EncryptionKeyArgs(context=context())).arn.apply(check)
