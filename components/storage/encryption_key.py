"""EncryptionKey: the customer-managed key under which an agent's pipeline keeps what it stores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.context import StackContext

# The longest that KMS allows: what a deleted key encrypted can never be read again.
_DELETION_WINDOW_DAYS = 30


@dataclass(frozen=True, kw_only=True)
class EncryptionKeyArgs:
    """What the key needs to know.

    Attributes:
        context: The stack's place.
    """

    context: StackContext


class EncryptionKey(pulumi.ComponentResource):
    """One key for everything that belongs to one agent.

    The journal, the reports, the logs and the queues tell the same story, so whoever may read one of them gains nothing
    from a second key on another. The key's policy lets IAM decide about the account's own principals, and names the
    AWS services that use the key by themselves.

    Attributes:
        arn: The key's ARN, known only once the key has its alias: whoever deploys may do more with a key that has one.
    """

    arn: pulumi.Output[str]

    def __init__(self, name: str, args: EncryptionKeyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("agent-runs:index:EncryptionKey", name, None, opts)
        context = args.context
        key = aws.kms.Key(
            name,
            description=f"What {context.names.prefix} stores",
            policy=_policy(context),
            enable_key_rotation=True,
            deletion_window_in_days=_DELETION_WINDOW_DAYS,
            tags=context.tags,
            opts=pulumi.ResourceOptions(parent=self, protect=context.protect),
        )
        alias = aws.kms.Alias(
            name,
            name=f"alias/{context.names.prefix}",
            target_key_id=key.key_id,
            opts=pulumi.ResourceOptions(parent=key),
        )
        self.arn = pulumi.Output.all(key.arn, alias.id).apply(lambda known: str(known[0]))
        self.register_outputs({"arn": self.arn})


def _policy(context: StackContext) -> pulumi.Output[str]:
    prefix, runtime = context.names.prefix, context.names.runtime("")
    account = pulumi.Output.concat("arn:", context.partition, ":iam::", context.account_id, ":root")
    statements = [
        # Without it nobody could ever change the key again. Here `*` is the key that the policy belongs to.
        {
            "Sid": "IamDecides",
            "Effect": "Allow",
            "Principal": {"AWS": account},
            "Action": "kms:*",
            "Resource": "*",
        },
        _service(
            "LogGroups",
            pulumi.Output.concat("logs.", context.region, ".amazonaws.com"),
            ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
            # The groups' ARNs are patterns because each group is created with this key.
            {
                "ArnLike": {
                    "kms:EncryptionContext:aws:logs:arn": [
                        context.arn("logs", f"log-group:{group}*")
                        for group in (
                            f"/aws/lambda/{prefix}-",
                            f"/aws/vendedlogs/states/{prefix}-",
                            f"/aws/bedrock-agentcore/runtimes/{runtime}",
                        )
                    ]
                }
            },
        ),
        _service(
            "AlarmsToTopic",
            "cloudwatch.amazonaws.com",
            ["kms:Decrypt", "kms:GenerateDataKey*"],
            {
                "StringEquals": {"aws:SourceAccount": context.account_id},
                "ArnLike": {"aws:SourceArn": context.arn("cloudwatch", f"alarm:{prefix}-*")},
            },
        ),
        # EventBridge sends no source account or ARN to KMS, so a condition on either would lose every dead letter and
        # every notification. A queue's own policy names the rules that may send.
        _service("FromRules", "events.amazonaws.com", ["kms:Decrypt", "kms:GenerateDataKey"], {}),
    ]
    return pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": statements})


def _service(
    sid: str, principal: pulumi.Input[str], actions: Sequence[str], conditions: dict[str, Any]
) -> dict[str, Any]:
    statement = {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": principal},
        "Action": list(actions),
        "Resource": "*",
    }
    return {**statement, "Condition": conditions} if conditions else statement
