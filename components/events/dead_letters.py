"""DeadLetterQueue: where an event lies that could not be delivered, until somebody has looked at it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components.context import StackContext
from components.permissions import Grant

# As long as SQS keeps a message.
_RETENTION_SECONDS = 14 * 24 * 60 * 60


@dataclass(frozen=True, kw_only=True)
class DeadLetterQueueArgs:
    """Who may put messages there.

    Attributes:
        context: The stack's place.
        part: The queue's part of its physical name.
        rule_arns: EventBridge rules that put there what they cannot deliver, by a name in letters and digits.
            (Schedules do so with a role of their own, and need not be named.)
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
        """Leave to put messages into the queue."""
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
    # Here the wildcards take away: nobody, whoever it is and whatever it does, gets in without TLS.
    tls_only = {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": queue_arn,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": [tls_only, *from_rules]})
