"""StatusPollWorkflow alone, with the mocks of AWS."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.settings.model import NotifyOn
from components.testing.mocks import ACCOUNT, REGION, Mocks
from tests.components.parts import workflow


@pulumi.runtime.test
def test_the_workflow_calls_the_functions_and_the_table_that_it_is_given(mocks: Mocks) -> pulumi.Output[None]:
    workflow()

    def check(machine: Mapping[str, Any]) -> None:
        states = json.loads(machine["definition"])["States"]
        assert states["StartAgent"]["Arguments"]["FunctionName"].endswith(":function:agent-runs-test-start")
        assert states["CheckRun"]["Arguments"]["TableName"] == "agent-runs-test-journal"

    return mocks.inputs(aws.sfn.StateMachine, "workflow").apply(check)


@pulumi.runtime.test
def test_prompts_and_findings_stay_out_of_the_workflow_s_log(mocks: Mocks) -> pulumi.Output[None]:
    workflow()

    def check(inputs: Sequence[Mapping[str, Any]]) -> None:
        machine, logs = inputs
        assert (machine["type"], machine["loggingConfiguration"]["level"]) == ("STANDARD", "ALL")
        assert machine["loggingConfiguration"]["includeExecutionData"] is False
        assert logs["retentionInDays"] == 30

    return pulumi.Output.all(
        mocks.inputs(aws.sfn.StateMachine, "workflow"), mocks.inputs(aws.cloudwatch.LogGroup, "workflow")
    ).apply(check)


@pulumi.runtime.test
def test_the_workflow_may_use_its_neighbours_and_nothing_else(mocks: Mocks) -> pulumi.Output[None]:
    workflow()

    def check(inputs: Mapping[str, Any]) -> None:
        statements = {statement["Sid"]: statement for statement in json.loads(inputs["policy"])["Statement"]}
        telemetry = {"DeliverLogs", "Traces"}
        assert set(statements) - telemetry == {"WatchJournal", "InvokeFunctions", "PutEvents"}
        assert [sid for sid, statement in statements.items() if "*" in statement["Resource"]] == sorted(telemetry)

    return mocks.inputs(aws.iam.RolePolicy, "workflow").apply(check)


@pulumi.runtime.test
def test_a_workflow_that_notifies_may_publish_to_the_encrypted_topic(mocks: Mocks) -> pulumi.Output[None]:
    workflow(notify_on=NotifyOn.CHANGE, with_key=True)

    def check(inputs: Mapping[str, Any]) -> None:
        statements = {statement["Sid"]: statement for statement in json.loads(inputs["policy"])["Statement"]}
        topic = f"arn:aws:sns:{REGION}:{ACCOUNT}:agent-runs-test-alarms"
        assert statements["SendNotifications"]["Resource"] == [topic]
        assert statements["UseKeyOfTopic"]["Condition"]["StringEquals"]["kms:ViaService"].startswith("sns.")

    return mocks.inputs(aws.iam.RolePolicy, "workflow").apply(check)


@pulumi.runtime.test
def test_a_cancellation_may_only_update_the_journal(mocks: Mocks) -> pulumi.Output[None]:
    workflow()

    def check(inputs: Mapping[str, Any]) -> None:
        (statement,) = (s for s in json.loads(inputs["policy"])["Statement"] if s["Sid"] == "MarkJournal")
        assert statement["Action"] == ["dynamodb:UpdateItem"]

    return mocks.inputs(aws.iam.RolePolicy, "workflow-cancellation").apply(check)


@pytest.mark.usefixtures("mocks")
@pulumi.runtime.test
def test_the_component_returns_the_arns_of_both_machines() -> pulumi.Output[None]:
    made = workflow()

    def check(arns: Sequence[str]) -> None:
        machines = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:agent-runs-test"
        assert arns == [f"{machines}-workflow", f"{machines}-cancellation"]

    return pulumi.Output.all(made.state_machine_arn, made.cancellation_state_machine_arn).apply(check)
