"""Finds log groups that are stored in CloudWatch although a subscription filter passes them on.

Since May 2025 Lambda's logs can go to S3 or Firehose directly, through a group of the delivery class, at the price of
the infrequent-access class: https://docs.aws.amazon.com/lambda/latest/dg/logging-with-s3.html. CloudWatch keeps them
for a day, free.
"""

from __future__ import annotations

from dataclasses import replace
from shlex import quote

from agent.analyst.analysis.finding import Answer, Level, Proposal, Rule, Undecided
from agent.analyst.analysis.profile import FunctionProfile, LogClass
from agent.analyst.analysis.thresholds import MIN_LOG_BYTES_PER_MONTH
from agent.analyst.rules import changes, missing


def propose(profile: FunctionProfile) -> Answer:
    """Propose the delivery class for a group with much ingestion and a subscription filter."""
    group = profile.log_group
    if group is None:
        return missing.log_group(profile)
    if group.log_class is not LogClass.STANDARD or group.metric_filters or group.subscription_filters == 0:
        return None
    if group.incoming_bytes is None:
        return missing.LOG_INGESTION
    per_month = group.incoming_bytes * float(profile.window.per_month)
    if per_month < MIN_LOG_BYTES_PER_MONTH:
        return None
    if group.subscription_filters is None:
        return Undecided(
            reason="the subscription filters of its logs could not be read", missing="log_group.subscription_filters"
        )
    name = quote(f"{group.name}-delivery")
    where = f"--region {profile.region} --log-group-name {name}"
    log_format = "JSON" if profile.logs_as_json else "Text"
    return Proposal(
        title=f"Stores {per_month / 1_024**3:,.0f} GB of logs a month that a filter passes on",
        evidence={
            "Ingested": f"{per_month / 1_024**3:,.1f} GB a month",
            "Log class": group.log_class.value,
            "Subscription filters": f"{group.subscription_filters}",
            "Metric filters": "0",
        },
        change=changes.of_function(
            profile,
            summary="Log to a new group of the delivery class, which passes the logs to S3 or Firehose",
            before=(
                f"aws logs create-log-group {where} --log-group-class DELIVERY",
                f"aws logs put-subscription-filter {where} --filter-name delivery --filter-pattern '' "
                "--destination-arn '<the ARN of the bucket or stream>' --role-arn '<the ARN of the role>'",
            ),
            options=f"--logging-config LogFormat={log_format},LogGroup={name}",
            undo=f"--logging-config LogFormat={log_format},LogGroup={quote(group.name)}",
            pulumi='aws.cloudwatch.LogGroup.log_group_class = "DELIVERY" on a new group, named in '
            "aws.lambda_.Function.logging_config.log_group",
        ),
        confidence=Level.LOW,
        risk=Level.MEDIUM,
        risk_reason=(
            "Nobody can search these logs in CloudWatch any more, this analysis neither. A filter that passes only "
            "some events on, or passes them to a function or Kinesis, cannot be replaced."
        ),
        assumption="The filter passes all events to S3 or Firehose, which cost the same as before.",
        effort=Level.MEDIUM,
        after=replace(
            profile, log_group=replace(group, log_class=LogClass.DELIVERY, stored_bytes=0, subscription_filters=1)
        ),
    )


RULE = Rule(
    name="log-delivery", title="Stored logs that are passed on", propose=propose, monetary=True, updates_function=True
)
