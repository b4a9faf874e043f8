"""The policy of the topic for alarms and notifications."""

from __future__ import annotations

from typing import Any

import pulumi

from components.context import StackContext
from components.settings.model import NotifyOn

# All actions that a topic's policy may contain: SNS rejects a policy with any other action.
_TOPIC_ACTIONS = (
    *("sns:Publish", "sns:Subscribe", "sns:ListSubscriptionsByTopic", "sns:GetTopicAttributes"),
    *("sns:SetTopicAttributes", "sns:AddPermission", "sns:RemovePermission", "sns:DeleteTopic"),
)


# EventBridge passes no source to SNS, so a condition on it would block every notification.
def _from_rules(topic_arn: pulumi.Output[str]) -> dict[str, Any]:
    return {
        "Sid": "FromRules",
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": topic_arn,
    }


def topic_policy(topic_arn: pulumi.Output[str], context: StackContext, notify_on: NotifyOn) -> pulumi.Output[str]:
    """Return the JSON of the topic's policy: who may publish, and only with TLS.

    Args:
        topic_arn: The topic.
        context: What the stack's resources share. Only alarms with its prefix may publish.
        notify_on: EventBridge rules may publish unless this is `NotifyOn.NEVER`.
    """
    return pulumi.Output.json_dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "FromAlarms",
                    "Effect": "Allow",
                    "Principal": {"Service": "cloudwatch.amazonaws.com"},
                    "Action": "sns:Publish",
                    "Resource": topic_arn,
                    "Condition": {
                        "StringEquals": {"aws:SourceAccount": context.account_id},
                        "ArnLike": {"aws:SourceArn": context.arn("cloudwatch", f"alarm:{context.names.prefix}-*")},
                    },
                },
                *([] if notify_on == NotifyOn.NEVER else [_from_rules(topic_arn)]),
                # Refuses every request without TLS.
                {
                    "Sid": "TlsOnly",
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": list(_TOPIC_ACTIONS),
                    "Resource": topic_arn,
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                },
            ],
        }
    )
