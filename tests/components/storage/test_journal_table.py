"""JournalTable alone, with the mocks of AWS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.storage.journal_table import JournalTable, JournalTableArgs
from components.testing.mocks import ACCOUNT, REGION, Mocks
from tests.components.parts import KEY_ARN, context, journal


@pytest.mark.parametrize("protect", [True, False])
@pulumi.runtime.test
def test_a_protected_journal_can_be_restored_and_not_deleted(mocks: Mocks, protect: bool) -> pulumi.Output[None]:
    JournalTable("journal", JournalTableArgs(context=context(protect=protect)))

    def check(table: Mapping[str, Any]) -> None:
        assert table["pointInTimeRecovery"]["enabled"] is protect
        assert table["deletionProtectionEnabled"] is protect

    return mocks.inputs(aws.dynamodb.Table, "journal").apply(check)


@pulumi.runtime.test
def test_old_runs_expire_and_recent_ones_are_found_by_time(mocks: Mocks) -> pulumi.Output[None]:
    journal()

    def check(table: Mapping[str, Any]) -> None:
        assert (table["hashKey"], table["rangeKey"]) == ("PK", "SK")
        assert table["ttl"] == {"attributeName": "expires_at", "enabled": True}
        (index,) = table["globalSecondaryIndexes"]
        assert {key["keyType"]: key["attributeName"] for key in index["keySchemas"]}["RANGE"] == "requested_at"

    return mocks.inputs(aws.dynamodb.Table, "journal").apply(check)


@pulumi.runtime.test
def test_the_journal_is_encrypted_under_the_stack_s_own_key(mocks: Mocks) -> pulumi.Output[None]:
    JournalTable("journal", JournalTableArgs(context=context(with_key=True)))

    def check(table: Mapping[str, Any]) -> None:
        assert table["serverSideEncryption"] == {"enabled": True, "kmsKeyArn": KEY_ARN}

    return mocks.inputs(aws.dynamodb.Table, "journal").apply(check)


@pytest.mark.usefixtures("mocks")
@pulumi.runtime.test
def test_permission_to_search_covers_the_index_and_not_the_table() -> pulumi.Output[None]:
    (grant,) = journal().search()

    def check(resources: Sequence[str]) -> None:
        assert grant.actions == ["dynamodb:Query"]
        assert resources == [f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/agent-runs-test-journal/index/runs-by-time"]

    return pulumi.Output.all(*grant.resources).apply(check)
