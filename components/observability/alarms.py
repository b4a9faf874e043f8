"""The form of an alarm: one metric, one threshold, what it means and what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

# AWS/States and AWS/Lambda report once a minute. Five minutes are soon enough for an operator.
_PERIOD_SECONDS = 300


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A CloudWatch metric.

    Attributes:
        namespace: The metric's namespace.
        name: The metric's name.
        dimensions: The metric's dimensions.
        statistic: How CloudWatch aggregates the values of a period.
    """

    namespace: str
    name: str
    dimensions: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    statistic: str = "Sum"


@dataclass(frozen=True, kw_only=True)
class Query:
    """A query of CloudWatch Metrics Insights. It finds a metric by some of its dimensions.

    Attributes:
        sql: The query; it returns one series.
    """

    sql: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """One alarm. It goes off when its metric reaches the threshold, and is OK while there is no data.

    Attributes:
        part: The last part of the alarm's physical name.
        metric: The metric, or the query that finds it.
        meaning: What has happened when the alarm goes off.
        remedy: What the operator should do.
        threshold: The alarm goes off at this value.
        periods: How many periods in a row must reach the threshold.
    """

    part: str
    metric: Metric | Query
    meaning: str
    remedy: str
    threshold: float = 1
    periods: int = 1

    def create(
        self,
        name: str,
        *,
        physical_name: str,
        links: pulumi.Input[str],
        actions: Sequence[pulumi.Input[str]],
        tags: Mapping[str, str],
        opts: pulumi.ResourceOptions,
    ) -> aws.cloudwatch.MetricAlarm:
        """Declare the alarm.

        Args:
            name: The alarm's Pulumi name.
            physical_name: The alarm's name in the account.
            links: Links for the description, one per line.
            actions: ARNs of the topics that are notified when the alarm goes off and when it is OK again.
            tags: The alarm's tags.
            opts: The alarm's resource options.
        """
        watched = (
            {
                "metric_queries": [
                    aws.cloudwatch.MetricAlarmMetricQueryArgs(
                        id="found", expression=self.metric.sql, period=_PERIOD_SECONDS, return_data=True
                    )
                ]
            }
            if isinstance(self.metric, Query)
            else {
                "namespace": self.metric.namespace,
                "metric_name": self.metric.name,
                "dimensions": self.metric.dimensions,
                "statistic": self.metric.statistic,
                "period": _PERIOD_SECONDS,
            }
        )
        return aws.cloudwatch.MetricAlarm(
            name,
            name=physical_name,
            alarm_description=pulumi.Output.concat(self.meaning, "\n\n", self.remedy, "\n\n", links),
            comparison_operator="GreaterThanOrEqualToThreshold",
            threshold=self.threshold,
            evaluation_periods=self.periods,
            treat_missing_data="notBreaching",
            alarm_actions=actions,
            ok_actions=actions,
            tags=tags,
            opts=opts,
            **watched,
        )
