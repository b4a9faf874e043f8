"""ScheduleWatch alone, with the mocks of AWS. `test_schedule_watch.py` checks its state machine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.testing.mocks import ACCOUNT, REGION, Mocks
from tests.components.parts import WEEKLY, schedule_watch


@pulumi.runtime.test
def test_a_watch_starts_when_its_schedule_is_due(mocks: Mocks) -> pulumi.Output[None]:
    schedule_watch()

    def check(watch: Mapping[str, Any]) -> None:
        assert (watch["scheduleExpression"], watch["scheduleExpressionTimezone"]) == (
            WEEKLY.expression,
            WEEKLY.time_zone,
        )
        assert watch["target"]["arn"].endswith(":stateMachine:agent-runs-test-schedule-watch")
        # The run's deadline of an hour, and ten minutes.
        assert json.loads(watch["target"]["input"])["patience_seconds"] == 4_200

    return mocks.inputs(aws.scheduler.Schedule, "watch-weekly").apply(check)


@pytest.mark.parametrize(("enabled", "state"), [(True, "ENABLED"), (False, "DISABLED")])
@pulumi.runtime.test
def test_a_watch_is_off_where_the_schedules_are_off(mocks: Mocks, enabled: bool, state: str) -> pulumi.Output[None]:
    schedule_watch(enabled=enabled)

    def check(watch: Mapping[str, Any]) -> None:
        assert watch["state"] == state

    return mocks.inputs(aws.scheduler.Schedule, "watch-weekly").apply(check)


@pulumi.runtime.test
def test_a_watch_that_cannot_start_becomes_a_dead_letter(mocks: Mocks) -> pulumi.Output[None]:
    schedule_watch()
    queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:agent-runs-test-dead-letters"

    def check(inputs: list[Mapping[str, Any]]) -> None:
        watch, policy = inputs
        assert watch["target"]["deadLetterConfig"]["arn"] == queue
        allowed = {s["Resource"][0]: s["Action"] for s in json.loads(policy["policy"])["Statement"]}
        assert allowed[queue] == ["sqs:SendMessage"]

    return pulumi.Output.all(
        mocks.inputs(aws.scheduler.Schedule, "watch-weekly"), mocks.inputs(aws.iam.RolePolicy, "watch-start")
    ).apply(check)


@pulumi.runtime.test
def test_the_watch_may_search_the_journal_and_not_change_it(mocks: Mocks) -> pulumi.Output[None]:
    schedule_watch()

    def check(inputs: Mapping[str, Any]) -> None:
        actions = {action for statement in json.loads(inputs["policy"])["Statement"] for action in statement["Action"]}
        assert {action for action in actions if action.startswith("dynamodb:")} == {"dynamodb:Query"}

    return mocks.inputs(aws.iam.RolePolicy, "watch").apply(check)
