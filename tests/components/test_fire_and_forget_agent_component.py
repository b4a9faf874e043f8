"""FireAndForgetAgent alone, with the mocks of AWS. `test_fire_and_forget_agent.py` runs two of them in one stack."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.bundles.build import Bundle
from components.fire_and_forget_agent import FireAndForgetAgent, FireAndForgetAgentArgs
from components.settings.model import Settings
from components.testing.mocks import ACCOUNT, REGION, Mocks
from tests.components.parts import WEEKLY


def bundle(name: str) -> Bundle:
    path = Path(f"{name}.zip")  # The mocks do not read it.
    return Bundle(name=name, path=path, digest="0" * 32, zipped_bytes=1, unpacked_bytes=1, files=1)


def agent(*, customer_managed_keys: bool = False) -> FireAndForgetAgent:
    settings = Settings(
        model_id="anthropic.claude", schedules=[WEEKLY], customer_managed_keys=customer_managed_keys, max_turns=7
    )
    args = FireAndForgetAgentArgs(
        bundles=[bundle("functions"), bundle("agent")],
        settings=settings,
        environment={"TEAM": "platform"},
        qualifier="sizer",
    )
    return FireAndForgetAgent("sizer", args)


@pytest.mark.usefixtures("mocks")
@pulumi.runtime.test
def test_the_qualifier_is_in_every_name() -> pulumi.Output[None]:
    made = agent()

    def check(known: Mapping[str, Any]) -> None:
        assert known["bus"] == "agent-runs-test-sizer-events"
        assert known["bucket"] == f"agent-runs-test-sizer-reports-{ACCOUNT}-{REGION}"
        assert known["schedules"] == {"weekly": "agent-runs-test-sizer-weekly"}

    return pulumi.Output.all(bus=made.event_bus_name, bucket=made.report_bucket_name, schedules=made.schedules).apply(
        check
    )


@pulumi.runtime.test
def test_the_agent_receives_the_settings_and_its_own_variables(mocks: Mocks) -> pulumi.Output[None]:
    agent()

    def check(runtime: Mapping[str, Any]) -> None:
        variables = runtime["environmentVariables"]
        assert (variables["JOURNAL_TABLE"], variables["MAX_TURNS"]) == ("agent-runs-test-sizer-journal", "7")
        assert variables["TEAM"] == "platform"

    return mocks.inputs(aws.bedrock.AgentcoreAgentRuntime, "sizer-agent").apply(check)


@pulumi.runtime.test
def test_a_request_on_the_bus_starts_the_workflow(mocks: Mocks) -> pulumi.Output[None]:
    made = agent()

    def check(known: Mapping[str, Any]) -> None:
        assert known["target"]["arn"] == known["workflow"]
        assert known["target"]["eventBusName"] == known["bus"]

    target = mocks.inputs(aws.cloudwatch.EventTarget, "sizer-scheduler-run-requested")
    return pulumi.Output.all(target=target, workflow=made.state_machine_arn, bus=made.event_bus_name).apply(check)


@pulumi.runtime.test
def test_one_key_encrypts_the_journal_and_the_reports(mocks: Mocks) -> pulumi.Output[None]:
    agent(customer_managed_keys=True)

    def check(known: Mapping[str, Any]) -> None:
        (rule,) = known["bucket"]["rules"]
        key_arn = rule["applyServerSideEncryptionByDefault"]["kmsMasterKeyId"]
        assert key_arn == known["table"]["serverSideEncryption"]["kmsKeyArn"]
        assert key_arn.startswith(f"arn:aws:kms:{REGION}:{ACCOUNT}:key/")

    return pulumi.Output.all(
        table=mocks.inputs(aws.dynamodb.Table, "sizer-journal"),
        bucket=mocks.inputs(aws.s3.BucketServerSideEncryptionConfiguration, "sizer-reports"),
    ).apply(check)
