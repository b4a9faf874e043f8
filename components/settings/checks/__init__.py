"""Checks of single values. Each returns None, or the rule that the value breaks and the remedy."""

from __future__ import annotations

import re
from collections.abc import Iterable

from components.settings.problems import Check, Finding

# What CloudWatch Logs accepts for retentionInDays (API reference, PutRetentionPolicy); "never" is left out on purpose.
LOG_RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)

_POLICY_ARN = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}|aws):policy/[\w+=,.@/-]+")
_E_MAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_SUBNET_ID = re.compile(r"subnet-([0-9a-f]{8}|[0-9a-f]{17})")
_SECURITY_GROUP_ID = re.compile(r"sg-([0-9a-f]{8}|[0-9a-f]{17})")
# CreateOnlineEvaluationConfig in the API reference.
_EVALUATOR = re.compile(
    r"Builtin\.[a-zA-Z0-9._-]+|ThirdParty\.[a-zA-Z0-9_-]+\.[a-zA-Z0-9_-]+"
    r"|[a-zA-Z][a-zA-Z0-9_-]{0,99}-[a-zA-Z0-9]{10}"
)
_FACTORY = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")

# https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
_TAG_KEY = re.compile(r"[\w .:/=+@-]{1,128}")


def matches(pattern: re.Pattern[str], *, rule: str, remedy: str) -> Check:
    """Return a check that a whole text matches a pattern."""

    def check(value: str) -> Finding | None:
        return None if pattern.fullmatch(value) else Finding(rule=rule, remedy=remedy)

    return check


def one_of(options: Iterable[str], *, remedy: str) -> Check:
    """Return a check that a text is one of at least two options."""
    *others, last = options

    def check(value: str) -> Finding | None:
        if value in {*others, last}:
            return None
        return Finding(rule=f"it must be {', '.join(others)} or {last}", remedy=remedy)

    return check


e_mail = matches(_E_MAIL, rule="it must be an e-mail address", remedy="Write an address such as platform@example.com")

policy_arn = matches(
    _POLICY_ARN,
    rule="it must be the ARN of a managed policy",
    remedy="Write an ARN such as arn:aws:iam::123456789012:policy/boundary",
)

tag_key = matches(
    _TAG_KEY,
    rule="it must be the key of a tag: 1 to 128 letters, digits, spaces and _.:/=+-@",
    remedy="Write a key such as owner",
)

subnet_id = matches(
    _SUBNET_ID, rule="it must be the id of a subnet", remedy="Write an id such as subnet-0123456789abcdef0"
)

security_group_id = matches(
    _SECURITY_GROUP_ID, rule="it must be the id of a security group", remedy="Write an id such as sg-0123456789abcdef0"
)

evaluator = matches(
    _EVALUATOR,
    rule="it must be the id of an evaluator of AgentCore",
    remedy="Write Builtin.GoalSuccessRate, or the id of your own evaluator, such as clarity-a1B2c3D4e5",
)

factory = matches(
    _FACTORY, rule="it must have the form module:function", remedy="Write for example agent.harness.models:bedrock"
)

log_level = one_of(["DEBUG", "INFO", "WARNING", "ERROR"], remedy="INFO is the usual level")


def log_retention(days: int) -> Finding | None:
    """Check that CloudWatch Logs accepts a retention."""
    if days in LOG_RETENTION_DAYS:
        return None
    longer = next(allowed for allowed in LOG_RETENTION_DAYS if allowed >= days)
    return Finding(
        rule=f"CloudWatch Logs accepts only {', '.join(map(str, LOG_RETENTION_DAYS))}",
        remedy=f"The next longer retention is {longer}",
    )
