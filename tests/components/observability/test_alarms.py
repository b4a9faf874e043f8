"""Alarm alone, with the mocks of AWS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from components.observability.alarms import Alarm, Metric, Query
from components.testing.mocks import Mocks
from tests.components.parts import TOPIC_ARN


def create(metric: Metric | Query) -> None:
    alarm = Alarm(part="failed", metric=metric, meaning="A run has failed.", remedy="Read its error.", threshold=3)
    alarm.create(
        "failed",
        physical_name="agent-runs-test-failed",
        links=pulumi.Output.from_input("Executions: https://…"),
        actions=[TOPIC_ARN],
        tags={},
        opts=pulumi.ResourceOptions(),
    )


@pulumi.runtime.test
def test_an_alarm_informs_its_topic_of_trouble_and_of_recovery(mocks: Mocks) -> pulumi.Output[None]:
    create(Metric(namespace="AWS/States", name="ExecutionsFailed"))

    def check(alarm: Mapping[str, Any]) -> None:
        assert alarm["alarmActions"] == alarm["okActions"] == [TOPIC_ARN]
        assert alarm["alarmDescription"] == "A run has failed.\n\nRead its error.\n\nExecutions: https://…"

    return mocks.inputs(aws.cloudwatch.MetricAlarm, "failed").apply(check)


@pulumi.runtime.test
def test_an_alarm_counts_events_and_ignores_missing_data(mocks: Mocks) -> pulumi.Output[None]:
    create(Metric(namespace="AWS/States", name="ExecutionsFailed"))

    def check(alarm: Mapping[str, Any]) -> None:
        assert (alarm["statistic"], alarm["threshold"]) == ("Sum", 3)
        assert alarm["comparisonOperator"] == "GreaterThanOrEqualToThreshold"
        assert alarm["treatMissingData"] == "notBreaching"

    return mocks.inputs(aws.cloudwatch.MetricAlarm, "failed").apply(check)


@pulumi.runtime.test
def test_an_alarm_on_a_query_names_no_metric(mocks: Mocks) -> pulumi.Output[None]:
    create(Query(sql="SELECT 1"))

    def check(alarm: Mapping[str, Any]) -> None:
        assert [query["expression"] for query in alarm["metricQueries"]] == ["SELECT 1"]
        assert "metricName" not in alarm

    return mocks.inputs(aws.cloudwatch.MetricAlarm, "failed").apply(check)
