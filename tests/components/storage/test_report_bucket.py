"""ReportBucket alone, with the mocks of AWS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.testing.mocks import ACCOUNT, REGION, Mocks
from tests.components.parts import reports


@pulumi.runtime.test
def test_reports_and_conversations_are_kept_for_as_long_as_each_needs(mocks: Mocks) -> pulumi.Output[None]:
    reports()

    def check(lifecycle: Mapping[str, Any]) -> None:
        kept = {r["filter"]["prefix"]: r["expiration"].get("days") for r in lifecycle["rules"] if r["id"] != "tidy-up"}
        assert kept == {"reports/": 365, "conversations/": 90}

    return mocks.inputs(aws.s3.BucketLifecycleConfiguration, "reports").apply(check)


@pytest.mark.usefixtures("mocks")
@pulumi.runtime.test
def test_the_agent_may_write_below_two_prefixes_and_delete_nothing() -> pulumi.Output[None]:
    grants = reports().keep()
    writing = [grant for grant in grants if "s3:PutObject" in grant.actions]

    def check(resources: Sequence[str]) -> None:
        bucket = f"arn:aws:s3:::agent-runs-test-reports-{ACCOUNT}-{REGION}"
        assert resources == [f"{bucket}/reports/*", f"{bucket}/conversations/*"]
        actions = {action for grant in grants for action in grant.actions}
        assert actions == {"s3:GetObject", "s3:PutObject", "s3:ListBucket"}

    return pulumi.Output.all(*(arn for grant in writing for arn in grant.resources)).apply(check)
