"""AgentSessions alone, with the mocks of AWS."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.runtime.sessions import AgentSessions, AgentSessionsArgs
from components.testing.mocks import ACCOUNT, REGION, Mocks
from tests.components.parts import context, journal, runtime, sessions


@pytest.mark.parametrize(("verb", "action"), [("start", "InvokeAgentRuntime"), ("stop", "StopRuntimeSession")])
@pulumi.runtime.test
def test_each_function_may_do_one_thing_to_the_agent(mocks: Mocks, verb: str, action: str) -> pulumi.Output[None]:
    sessions()

    def check(inputs: Mapping[str, Any]) -> None:
        actions = {action for statement in json.loads(inputs["policy"])["Statement"] for action in statement["Action"]}
        assert {action for action in actions if "bedrock" in action} == {f"bedrock-agentcore:{action}"}

    return mocks.inputs(aws.iam.RolePolicy, f"sessions-{verb}").apply(check)


@pulumi.runtime.test
def test_a_function_knows_the_runtime_and_logs_to_a_group_with_retention(mocks: Mocks) -> pulumi.Output[None]:
    sessions()

    def check(inputs: Sequence[Mapping[str, Any]]) -> None:
        function, logs = inputs
        assert function["handler"] == "functions.start.handler"
        assert "runtime/agent_runs_test_agent" in function["environment"]["variables"]["AGENT_RUNTIME_ARN"]
        assert function["loggingConfig"]["logGroup"] == logs["name"] == "/aws/lambda/agent-runs-test-start"
        assert logs["retentionInDays"] == 30

    return pulumi.Output.all(
        mocks.inputs(aws.lambda_.Function, "sessions-start"), mocks.inputs(aws.cloudwatch.LogGroup, "sessions-start")
    ).apply(check)


@pulumi.runtime.test
def test_concurrency_is_reserved_for_starts_and_not_for_stops(mocks: Mocks) -> pulumi.Output[None]:
    args = AgentSessionsArgs(
        context=context(),
        runtime=runtime(),
        journal=journal(),
        code_bucket="code",
        code_key="functions.zip",
        log_level="INFO",
        start_reserved_concurrency=5,
    )
    AgentSessions("sessions", args)

    def check(inputs: Sequence[Mapping[str, Any]]) -> None:
        start, stop = inputs
        assert start["reservedConcurrentExecutions"] == 5
        assert "reservedConcurrentExecutions" not in stop

    return pulumi.Output.all(
        mocks.inputs(aws.lambda_.Function, "sessions-start"), mocks.inputs(aws.lambda_.Function, "sessions-stop")
    ).apply(check)


@pytest.mark.usefixtures("mocks")
@pulumi.runtime.test
def test_permission_to_invoke_covers_the_two_functions_only() -> pulumi.Output[None]:
    (grant,) = sessions().invoke()

    def check(resources: Sequence[str]) -> None:
        start, stop = (
            f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:agent-runs-test-{verb}" for verb in ("start", "stop")
        )
        assert resources == [start, stop, f"{start}:*", f"{stop}:*"]

    return pulumi.Output.all(*grant.resources).apply(check)
