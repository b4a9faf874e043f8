"""DeadLetterQueue: keeps events that could not be delivered until an operator handles them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components.context import StackContext
from components.permissions import Grant

# The longest retention of SQS.
_RETENTION_SECONDS = 14 * 24 * 60 * 60
# The largest messages of SQS, and the size of the largest event. The provider's default is a quarter of it, and
# EventBridge drops a dead letter that the queue refuses.
_LARGEST_MESSAGE_BYTES = 1_048_576


@dataclass(frozen=True, kw_only=True)
class DeadLetterQueueArgs:
    """Inputs of the queue.

    Attributes:
        context: What the stack's resources share: names, tags, encryption key.
        part: The last part of the queue's physical name.
        rule_arns: EventBridge rules that may send messages, by a name in letters and digits. Schedules use the
            permission of their own role instead.
    """

    context: StackContext
    part: str
    rule_arns: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)


class DeadLetterQueue(pulumi.ComponentResource):
    """A queue for events that could not be delivered.

    Attributes:
        arn: The queue's ARN.
        name: The queue's name.
    """

    arn: pulumi.Output[str]
    name: pulumi.Output[str]

    def __init__(self, name: str, args: DeadLetterQueueArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("agent-runs:index:DeadLetterQueue", name, None, opts)
        queue = aws.sqs.Queue(
            name,
            name=args.context.names.of(args.part),
            message_retention_seconds=_RETENTION_SECONDS,
            max_message_size=_LARGEST_MESSAGE_BYTES,
            sqs_managed_sse_enabled=None if args.context.key_arn else True,
            kms_master_key_id=args.context.key_arn,
            tags=args.context.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        aws.sqs.QueuePolicy(
            name,
            queue_url=queue.url,
            policy=_policy(queue.arn, args.rule_arns),
            opts=pulumi.ResourceOptions(parent=queue),
        )
        self._key_use = args.context.use_key("UseKeyOfDeadLetters", "sqs")
        self.arn = queue.arn
        self.name = queue.name
        self.register_outputs({"arn": self.arn, "name": self.name})

    def send(self) -> Sequence[Grant]:
        """Return the permission to send messages to the queue."""
        return [Grant(sid="KeepDeadLetters", actions=["sqs:SendMessage"], resources=[self.arn]), *self._key_use]


def _policy(queue_arn: pulumi.Output[str], rule_arns: Mapping[str, pulumi.Input[str]]) -> pulumi.Output[str]:
    from_rules = [
        {
            "Sid": f"From{name}",
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": queue_arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": rule_arn}},
        }
        for name, rule_arn in rule_arns.items()
    ]
    # The wildcards are in a Deny statement: they refuse every request without TLS.
    tls_only = {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": queue_arn,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": [tls_only, *from_rules]})
