"""The policy of the topic for alarms and notifications."""

from __future__ import annotations

import pulumi

from components.context import StackContext

# All actions that a topic's policy may contain: SNS rejects a policy with any other action.
_TOPIC_ACTIONS = (
    *("sns:Publish", "sns:Subscribe", "sns:ListSubscriptionsByTopic", "sns:GetTopicAttributes"),
    *("sns:SetTopicAttributes", "sns:AddPermission", "sns:RemovePermission", "sns:DeleteTopic"),
)


def topic_policy(topic_arn: pulumi.Output[str], context: StackContext) -> pulumi.Output[str]:
    """Return the JSON of the topic's policy: who may publish, and only with TLS.

    The workflow publishes with the permission of its own role.

    Args:
        topic_arn: The topic.
        context: What the stack's resources share. Only alarms with its prefix may publish.
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
