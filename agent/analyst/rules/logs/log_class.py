"""Finds log groups with much ingestion in the standard class, which costs twice the infrequent-access class."""

from __future__ import annotations

from dataclasses import replace
from shlex import quote

from agent.analyst.analysis.finding import Answer, Level, Proposal, Rule
from agent.analyst.analysis.profile import FunctionProfile, LogClass
from agent.analyst.analysis.thresholds import MIN_LOG_BYTES_PER_MONTH
from agent.analyst.rules import changes, missing


def propose(profile: FunctionProfile) -> Answer:
    """Propose the infrequent-access class for a group with much ingestion and no known filters."""
    group = profile.log_group
    if group is None:
        return missing.log_group(profile)
    if group.log_class is LogClass.OTHER:
        return missing.LOG_PRICE
    if group.log_class is not LogClass.STANDARD or group.metric_filters or group.subscription_filters:
        return None
    if group.incoming_bytes is None:
        return missing.LOG_INGESTION
    per_month = group.incoming_bytes * float(profile.window.per_month)
    if per_month < MIN_LOG_BYTES_PER_MONTH:
        return None
    evidence = {
        "Ingested": f"{per_month / 1_024**3:,.1f} GB a month",
        "Log class": group.log_class.value,
        "Metric filters": "0",
        "Subscription filters": "not known" if group.subscription_filters is None else "0",
    }
    if profile.usage and profile.usage.invocations:
        evidence["Written per run"] = f"{group.incoming_bytes / profile.usage.invocations / 1_024:,.1f} KB"
    name = quote(f"{group.name}-ia")
    log_format = "JSON" if profile.logs_as_json else "Text"
    return Proposal(
        title=f"Writes {per_month / 1_024**3:,.0f} GB of logs a month",
        evidence=evidence,
        change=changes.of_function(
            profile,
            summary="Log to a new group of the infrequent-access class (the class of a group cannot be changed)",
            before=(
                f"aws logs create-log-group --region {profile.region} --log-group-name {name} "
                "--log-group-class INFREQUENT_ACCESS",
                f"aws logs put-retention-policy --region {profile.region} --log-group-name {name} "
                f"--retention-in-days {group.retention_days or 30}",
            ),
            options=f"--logging-config LogFormat={log_format},LogGroup={name}",
            undo=f"--logging-config LogFormat={log_format},LogGroup={quote(group.name)}",
            pulumi='aws.cloudwatch.LogGroup.log_group_class = "INFREQUENT_ACCESS" on a new group, named in '
            "aws.lambda_.Function.logging_config.log_group",
        ),
        confidence=Level.LOW if group.subscription_filters is None else Level.MEDIUM,
        risk=Level.MEDIUM,
        risk_reason=(
            "Only Logs Insights queries can read this class. FilterLogEvents and GetLogEvents do not work, so this "
            "analysis can no longer read the memory use; nor do metric filters, subscription filters, Live Tail and "
            "embedded metrics. Make sure that nothing needs them for these logs."
        ),
        assumption="The function keeps writing as much; writing less saves more.",
        effort=Level.MEDIUM,
        after=replace(profile, log_group=replace(group, log_class=LogClass.INFREQUENT_ACCESS)),
    )


RULE = Rule(
    name="log-class",
    title="Log ingestion",
    propose=propose,
    monetary=True,
    updates_function=True,
)
