"""Finds log groups that keep their events forever."""

from __future__ import annotations

from dataclasses import replace
from shlex import quote

from agent.analyst.analysis.finding import Answer, Change, Level, Proposal, Rule
from agent.analyst.analysis.profile import FunctionProfile, LogClass
from agent.analyst.rules import missing

PROPOSED_DAYS = 30


def propose(profile: FunctionProfile) -> Answer:
    """Propose a retention. The saving is known only where CloudWatch reports how much is written per day.

    The delivery class always keeps logs for one day.
    """
    group = profile.log_group
    if group is None:
        return missing.log_group(profile)
    if group.log_class is LogClass.OTHER:
        return missing.LOG_PRICE
    if group.retention_days is not None or group.log_class is LogClass.DELIVERY:
        return None
    kept_bytes = group.stored_bytes
    if group.incoming_bytes is not None:
        per_day = group.incoming_bytes / profile.window.days
        kept_bytes = min(group.stored_bytes, round(per_day * PROPOSED_DAYS))
    return Proposal(
        title="Its logs are kept forever",
        evidence={
            "Retention": "never expires",
            "Stored": _size(group.stored_bytes),
            f"Written in {PROPOSED_DAYS} days": "not known" if group.incoming_bytes is None else _size(kept_bytes),
        },
        change=Change(
            summary=f"Retention: never expires → {PROPOSED_DAYS} days",
            cli=(
                f"aws logs put-retention-policy --region {profile.region} --log-group-name {quote(group.name)} "
                f"--retention-in-days {PROPOSED_DAYS}"
            ),
            undo=(
                f"aws logs delete-retention-policy --region {profile.region} --log-group-name {quote(group.name)}\n"
                "# Events that were deleted do not come back."
            ),
            pulumi=f"aws.cloudwatch.LogGroup.retention_in_days = {PROPOSED_DAYS}",
        ),
        confidence=Level.HIGH,
        risk=Level.LOW,
        risk_reason="Older events are deleted: check what audits require, and export what must be kept to S3.",
        assumption="The function writes as much per day as in the window.",
        effort=Level.LOW,
        after=replace(profile, log_group=replace(group, retention_days=PROPOSED_DAYS, stored_bytes=kept_bytes)),
    )


def _size(number_of_bytes: int) -> str:
    size = float(number_of_bytes)
    for unit in ("bytes", "KB", "MB", "GB"):
        if size < 1_024:
            return f"{size:,.0f} {unit}" if unit == "bytes" else f"{size:,.1f} {unit}"
        size /= 1_024
    return f"{size:,.1f} TB"


RULE = Rule(name="log-retention", title="Logs kept forever", propose=propose)
