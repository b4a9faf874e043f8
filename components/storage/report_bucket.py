"""ReportBucket: where reports are kept, and where the conversations are from which a second attempt continues."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.context import StackContext
from components.permissions import Grant
from components.storage.private_bucket import PrivateBucket, PrivateBucketArgs

_REPORTS = "reports/"
_CONVERSATIONS = "conversations/"


@dataclass(frozen=True, kw_only=True)
class ReportBucketArgs:
    """How long things are kept.

    Attributes:
        context: The stack's place.
        report_retention_days: Reports are deleted after so many days.
        conversation_retention_days: Conversations are deleted after so many days.
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
                    _REPORTS: args.report_retention_days,
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
        """Leave to write reports and conversations and to read earlier ones, for the agent."""
        return [
            Grant(
                sid="KeepReports",
                actions=["s3:GetObject", "s3:PutObject"],
                resources=[pulumi.Output.concat(self.arn, "/", _REPORTS, "*")],
                reason="Each run writes beneath a prefix of its own, which is not known before it runs.",
            ),
            Grant(
                sid="KeepConversations",
                actions=["s3:GetObject", "s3:PutObject"],
                resources=[pulumi.Output.concat(self.arn, "/", _CONVERSATIONS, "*")],
                reason="Each session keeps its conversation beneath a prefix of its own, not known before it runs.",
            ),
            # Without a condition on s3:prefix: this action also decides whether a missing object is "not found" or
            # "access denied", with no prefix in that request, and the agent has to be told "not found".
            Grant(sid="FindConversations", actions=["s3:ListBucket"], resources=[self.arn]),
            *self._key_use,
        ]
