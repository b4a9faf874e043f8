"""What an alarm is here: one metric, one threshold, what it means and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

# AWS/States and AWS/Lambda report by the minute; five of them are soon enough for a person.
_PERIOD_SECONDS = 300


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A metric of CloudWatch.

    Attributes:
        namespace: Where it is kept.
        name: Its name.
        dimensions: What it is a metric of.
        statistic: How the values of a period become one.
    """

    namespace: str
    name: str
    dimensions: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    statistic: str = "Sum"


@dataclass(frozen=True, kw_only=True)
class Query:
    """A query of CloudWatch Metrics Insights, which finds a metric by some of its dimensions.

    Attributes:
        sql: The query; it gives one series.
    """

    sql: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """One alarm. It goes off when its metric reaches the threshold; no data is good news.

    Attributes:
        part: The alarm's part of its physical name.
        metric: What is looked at.
        meaning: What has happened when it goes off.
        remedy: What to do then.
        threshold: The value that is too much.
        periods: It is too much when so many periods in a row have reached it.
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
            name: Its Pulumi name.
            physical_name: Its name in the account.
            links: Where to look, as lines for its description.
            actions: ARNs that are told when it goes off, and when all is well again.
            tags: For the alarm.
            opts: Options of the resource.
        """
        look_at = (
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
            **look_at,
        )
