"""ReportBucket: the bucket of reports, and of the conversations from which a later attempt continues."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from agent.harness.schema import CONVERSATIONS_PREFIX, REPORTS_PREFIX
from components.context import StackContext
from components.permissions import Grant
from components.storage.private_bucket import PrivateBucket, PrivateBucketArgs

_CONVERSATIONS = f"{CONVERSATIONS_PREFIX}/"


@dataclass(frozen=True, kw_only=True)
class ReportBucketArgs:
    """Inputs of the bucket.

    Attributes:
        context: What the stack's resources share: names, tags, encryption key.
        report_retention_days: Days after which reports are deleted.
        conversation_retention_days: Days after which conversations are deleted.
    """

    context: StackContext
    report_retention_days: int
    conversation_retention_days: int


class ReportBucket(pulumi.ComponentResource):
    """The bucket of reports and conversations.

    Attributes:
        name: The bucket's name.
        arn: The bucket's ARN.
    """

    name: pulumi.Output[str]
    arn: pulumi.Output[str]

    def __init__(self, name: str, args: ReportBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("agent-runs:index:ReportBucket", name, None, opts)
        bucket = PrivateBucket(
            name,
            PrivateBucketArgs(
                context=args.context,
                part="reports",
                expire_after_days={
                    REPORTS_PREFIX: args.report_retention_days,
                    _CONVERSATIONS: args.conversation_retention_days,
                },
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self._key_use = args.context.use_key("UseKeyOfReports", "s3")
        self.name = bucket.name
        self.arn = bucket.arn
        self.register_outputs({"name": self.name, "arn": self.arn})

    def keep(self) -> Sequence[Grant]:
        """Return the agent's permission to read and write reports and conversations."""
        return [
            Grant(
                sid="KeepReports",
                actions=["s3:GetObject", "s3:PutObject"],
                resources=[pulumi.Output.concat(self.arn, "/", REPORTS_PREFIX, "*")],
                reason="Each run writes under its own prefix, which is unknown at deployment.",
            ),
            Grant(
                sid="KeepConversations",
                actions=["s3:GetObject", "s3:PutObject"],
                resources=[pulumi.Output.concat(self.arn, "/", _CONVERSATIONS, "*")],
                reason="Each session has its conversation under its own prefix, which is unknown at deployment.",
            ),
            # Without a condition on s3:prefix. With this permission S3 reports a missing object as "not found", which
            # the agent needs. Without it, S3 reports "access denied". That request has no prefix.
            Grant(sid="FindConversations", actions=["s3:ListBucket"], resources=[self.arn]),
            *self._key_use,
        ]
