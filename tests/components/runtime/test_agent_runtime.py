"""AgentRuntime alone, with the mocks of AWS."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.permissions import Grant
from components.runtime.agent_runtime import AgentRuntime, AgentRuntimeArgs
from components.settings.model import PlatformVersion
from components.testing.mocks import ACCOUNT, REGION, Mocks
from tests.components.parts import context

AGENTCORE = f"arn:aws:bedrock-agentcore:{REGION}:{ACCOUNT}"


def runtime(
    *,
    subnet_ids: Sequence[str] = (),
    security_group_ids: Sequence[str] = (),
    platform_version: PlatformVersion = PlatformVersion.V1,
) -> AgentRuntime:
    args = AgentRuntimeArgs(
        context=context(),
        code_bucket="code",
        code_key="agent.zip",
        environment={"LOG_LEVEL": "INFO"},
        grants=[Grant(sid="ListClusters", actions=["ecs:ListClusters"], resources=["arn:cluster"])],
        idle_timeout_seconds=300,
        max_lifetime_seconds=7_200,
        platform_version=platform_version,
        subnet_ids=subnet_ids,
        security_group_ids=security_group_ids,
    )
    return AgentRuntime("agent", args)


@pulumi.runtime.test
def test_agentcore_ends_idle_sessions_and_old_ones(mocks: Mocks) -> pulumi.Output[None]:
    runtime()

    def check(inputs: Mapping[str, Any]) -> None:
        assert inputs["lifecycleConfigurations"] == [{"idleRuntimeSessionTimeout": 300, "maxLifetime": 7_200}]
        assert inputs["environmentVariables"] == {"LOG_LEVEL": "INFO"}

    return mocks.inputs(aws.bedrock.AgentcoreAgentRuntime, "agent").apply(check)


@pytest.mark.parametrize("version", list(PlatformVersion))
@pulumi.runtime.test
def test_the_platform_version_is_always_sent(mocks: Mocks, version: PlatformVersion) -> pulumi.Output[None]:
    runtime(platform_version=version)

    def check(inputs: Mapping[str, Any]) -> None:
        assert inputs["platformVersion"] == version

    return mocks.inputs(aws.bedrock.AgentcoreAgentRuntime, "agent").apply(check)


@pytest.mark.parametrize(("subnets", "mode"), [([], "PUBLIC"), (["subnet-1"], "VPC")])
@pulumi.runtime.test
def test_sessions_use_the_vpc_only_if_the_settings_name_subnets(
    mocks: Mocks, subnets: Sequence[str], mode: str
) -> pulumi.Output[None]:
    runtime(subnet_ids=subnets, security_group_ids=["sg-1"] if subnets else [])

    def check(inputs: Mapping[str, Any]) -> None:
        network = inputs["networkConfiguration"]
        assert network["networkMode"] == mode
        assert network.get("networkModeConfig", {}).get("subnets", []) == subnets

    return mocks.inputs(aws.bedrock.AgentcoreAgentRuntime, "agent").apply(check)


@pulumi.runtime.test
def test_only_agentcore_of_this_account_may_assume_the_agent_s_role(mocks: Mocks) -> pulumi.Output[None]:
    runtime()

    def check(role: Mapping[str, Any]) -> None:
        (statement,) = json.loads(role["assumeRolePolicy"])["Statement"]
        assert statement["Principal"] == {"Service": "bedrock-agentcore.amazonaws.com"}
        assert statement["Condition"] == {
            "StringEquals": {"aws:SourceAccount": ACCOUNT},
            "ArnLike": {"aws:SourceArn": f"{AGENTCORE}:*"},
        }

    return mocks.inputs(aws.iam.Role, "agent").apply(check)


@pulumi.runtime.test
def test_the_agent_may_do_what_it_is_granted(mocks: Mocks) -> pulumi.Output[None]:
    runtime()

    def check(inputs: Mapping[str, Any]) -> None:
        statements = {statement["Sid"]: statement for statement in json.loads(inputs["policy"])["Statement"]}
        assert statements["ListClusters"]["Resource"] == ["arn:cluster"]

    return mocks.inputs(aws.iam.RolePolicy, "agent").apply(check)


@pulumi.runtime.test
def test_the_agent_s_log_is_deleted_after_a_while(mocks: Mocks) -> pulumi.Output[None]:
    runtime()

    def check(logs: Mapping[str, Any]) -> None:
        assert logs["name"] == "/aws/bedrock-agentcore/runtimes/agent_runs_test_agent-Ab12345678-DEFAULT"
        assert logs["retentionInDays"] == 30

    return mocks.inputs(aws.cloudwatch.LogGroup, "agent").apply(check)


@pytest.mark.usefixtures("mocks")
@pulumi.runtime.test
def test_permission_to_start_a_session_covers_the_runtime_and_its_endpoint() -> pulumi.Output[None]:
    (grant,) = runtime().invoke()

    def check(resources: Sequence[str]) -> None:
        arn = f"{AGENTCORE}:runtime/agent_runs_test_agent-Ab12345678"
        assert grant.actions == ["bedrock-agentcore:InvokeAgentRuntime"]
        assert resources == [arn, f"{arn}/runtime-endpoint/DEFAULT"]

    return pulumi.Output.all(*grant.resources).apply(check)
