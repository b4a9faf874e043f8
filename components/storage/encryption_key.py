"""EncryptionKey: the customer-managed key that encrypts everything that an agent's stack stores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.context import StackContext

# The longest window of KMS: data that a deleted key encrypted cannot be read again.
_DELETION_WINDOW_DAYS = 30


@dataclass(frozen=True, kw_only=True)
class EncryptionKeyArgs:
    """Inputs of the key.

    Attributes:
        context: What the stack's resources share: names, tags, encryption key.
        evaluated: Whether there is a log group for the results of evaluations.
    """

    context: StackContext
    evaluated: bool = False


class EncryptionKey(pulumi.ComponentResource):
    """One key for all resources of one agent.

    The journal, the reports, the logs and the queues contain the same data, so a second key would protect nothing more.
    The key's policy lets IAM decide about the account's own principals. It names the AWS services that use the key
    without a role, and the role that deploys the stack: nothing else distinguishes a new key of the stack from a key of
    others without an alias, so the role's own policy could not allow only the first.

    Attributes:
        arn: The key's ARN, known only after the key has its alias, so that nothing uses a key without a name.
    """

    arn: pulumi.Output[str]

    def __init__(self, name: str, args: EncryptionKeyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("agent-runs:index:EncryptionKey", name, None, opts)
        context = args.context
        key = aws.kms.Key(
            name,
            description=f"Encrypts what {context.names.prefix} stores",
            policy=_policy(context, evaluated=args.evaluated),
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


def _policy(context: StackContext, *, evaluated: bool) -> pulumi.Output[str]:
    prefix, runtime = context.names.prefix, context.names.runtime("")
    deploy_role = pulumi.Output.concat(
        "arn:", context.partition, ":iam::", context.account_id, ":role/", context.names.deploy_role
    )
    account = pulumi.Output.concat("arn:", context.partition, ":iam::", context.account_id, ":root")
    statements = [
        # Without it nobody could change the key again. In a key policy `*` is the key itself.
        {
            "Sid": "IamDecides",
            "Effect": "Allow",
            "Principal": {"AWS": account},
            "Action": "kms:*",
            "Resource": "*",
        },
        # A condition and no principal, because KMS refuses a principal that does not exist.
        {
            "Sid": "DeployRole",
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": "kms:*",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:PrincipalArn": deploy_role}},
        },
        _service(
            "LogGroups",
            pulumi.Output.concat("logs.", context.region, ".amazonaws.com"),
            ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
            # These are patterns, because the groups are created after the key.
            {
                "ArnLike": {
                    "kms:EncryptionContext:aws:logs:arn": [
                        context.arn("logs", f"log-group:{group}*")
                        for group in (
                            f"/aws/lambda/{prefix}-",
                            f"/aws/vendedlogs/states/{prefix}-",
                            f"/aws/bedrock-agentcore/runtimes/{runtime}",
                            *([f"/aws/bedrock-agentcore/evaluations/results/{runtime}"] if evaluated else []),
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
        # EventBridge passes no source account or ARN to KMS, so a condition on them would block every dead letter.
        # The policy of each queue lists the rules that may send.
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
