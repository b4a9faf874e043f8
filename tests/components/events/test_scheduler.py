"""Scheduler alone, with the mocks of AWS."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.testing.mocks import ACCOUNT, REGION, Mocks
from tests.components.parts import scheduler

DEAD_LETTERS = f"arn:aws:sqs:{REGION}:{ACCOUNT}:agent-runs-test"


@pytest.mark.parametrize(("enabled", "state"), [(True, "ENABLED"), (False, "DISABLED")])
@pulumi.runtime.test
def test_a_stack_turns_its_schedules_on_or_off(mocks: Mocks, enabled: bool, state: str) -> pulumi.Output[None]:
    scheduler(enabled=enabled)

    def check(schedule: Mapping[str, Any]) -> None:
        assert schedule["state"] == state
        assert schedule["scheduleExpressionTimezone"] == "Europe/Berlin"

    return mocks.inputs(aws.scheduler.Schedule, "scheduler-weekly").apply(check)


@pulumi.runtime.test
def test_a_schedule_asks_for_a_run_with_its_prompt(mocks: Mocks) -> pulumi.Output[None]:
    scheduler()

    def check(schedule: Mapping[str, Any]) -> None:
        target = schedule["target"]
        assert target["eventbridgeParameters"]["detailType"] == "Agent Run Requested"
        assert json.loads(target["input"]) == {"requested_by": "schedule weekly", "prompt": "Find idle functions."}
        assert target["deadLetterConfig"]["arn"] == f"{DEAD_LETTERS}-undelivered-schedules"

    return mocks.inputs(aws.scheduler.Schedule, "scheduler-weekly").apply(check)


@pytest.mark.parametrize(
    ("rule", "machine"), [("run-requested", "arn:workflow"), ("cancellation-requested", "arn:cancellation")]
)
@pulumi.runtime.test
def test_a_request_starts_its_workflow_or_becomes_a_dead_letter(
    mocks: Mocks, rule: str, machine: str
) -> pulumi.Output[None]:
    scheduler()

    def check(inputs: list[Mapping[str, Any]]) -> None:
        target, policy = inputs
        assert target["arn"] == machine
        assert target["deadLetterConfig"]["arn"] == f"{DEAD_LETTERS}-undelivered-requests"
        (statement,) = json.loads(policy["policy"])["Statement"]
        assert (statement["Action"], statement["Resource"]) == (["states:StartExecution"], [machine])

    name = f"scheduler-{rule}"
    return pulumi.Output.all(
        mocks.inputs(aws.cloudwatch.EventTarget, name), mocks.inputs(aws.iam.RolePolicy, name)
    ).apply(check)


@pulumi.runtime.test
def test_each_schedule_is_found_by_its_name_in_the_settings(mocks: Mocks) -> pulumi.Output[None]:  # noqa: ARG001
    def check(schedules: Mapping[str, str]) -> None:
        assert schedules == {"weekly": "agent-runs-test-weekly"}

    return pulumi.Output.from_input(scheduler().schedules).apply(check)
