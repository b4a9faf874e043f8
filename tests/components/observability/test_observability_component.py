"""Observability alone, with the mocks of AWS. `test_observability.py` checks it in the whole program."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from components.observability.observability import Observability, ObservabilityArgs
from components.settings.model import Settings
from components.testing.mocks import ACCOUNT, REGION, Mocks
from tests.components.parts import context, event_bus, journal, runtime, schedule_watch, scheduler, sessions, workflow


def observability() -> Observability:
    args = ObservabilityArgs(
        context=context(),
        settings=Settings(model_id="anthropic.claude", alarm_emails=["team@example.com"]),
        journal=journal(),
        runtime=runtime(),
        sessions=sessions(),
        workflow=workflow(),
        bus=event_bus(),
        scheduler=scheduler(),
        watch=schedule_watch(),
    )
    return Observability("look", args)


@pulumi.runtime.test
def test_each_address_in_the_settings_receives_the_alarms(mocks: Mocks) -> pulumi.Output[None]:
    made = observability()

    def check(known: Sequence[Any]) -> None:
        topic_arn, subscription = known
        assert topic_arn == f"arn:aws:sns:{REGION}:{ACCOUNT}:agent-runs-test-alarms"
        assert (subscription["topic"], subscription["endpoint"]) == (topic_arn, "team@example.com")

    subscription = mocks.inputs(aws.sns.TopicSubscription, "look-team@example.com")
    return pulumi.Output.all(made.topic_arn, subscription).apply(check)


@pulumi.runtime.test
def test_no_service_but_the_alarms_may_publish_to_the_topic(mocks: Mocks) -> pulumi.Output[None]:
    observability()

    def check(inputs: Mapping[str, Any]) -> None:
        statements = json.loads(inputs["policy"])["Statement"]
        assert [s["Principal"]["Service"] for s in statements if s["Effect"] == "Allow"] == ["cloudwatch.amazonaws.com"]

    return mocks.inputs(aws.sns.TopicPolicy, "look").apply(check)


@pulumi.runtime.test
def test_an_alarm_counts_the_failed_executions_of_the_workflow(mocks: Mocks) -> pulumi.Output[None]:
    observability()

    def check(alarm: Mapping[str, Any]) -> None:
        assert alarm["metricName"] == "ExecutionsFailed"
        assert alarm["dimensions"]["StateMachineArn"].endswith(":stateMachine:agent-runs-test-workflow")

    return mocks.inputs(aws.cloudwatch.MetricAlarm, "look-runs-failed").apply(check)


@pulumi.runtime.test
def test_the_dashboard_shows_every_alarm(mocks: Mocks) -> pulumi.Output[None]:
    made = observability()

    def check(known: Sequence[Any]) -> None:
        name, dashboard = known
        assert name == "agent-runs-test-runs"
        alarms = json.loads(dashboard["dashboardBody"])["widgets"][0]["properties"]["alarms"]
        assert f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:agent-runs-test-runs-lost" in alarms

    dashboard = mocks.inputs(aws.cloudwatch.Dashboard, "look")
    return pulumi.Output.all(made.dashboard_name, dashboard).apply(check)
