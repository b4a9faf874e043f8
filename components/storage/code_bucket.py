"""CodeBucket: the bucket of the bundles that Lambda and AgentCore run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.bundles.build import Bundle
from components.context import StackContext
from components.storage.private_bucket import PrivateBucket, PrivateBucketArgs


@dataclass(frozen=True, kw_only=True)
class CodeBucketArgs:
    """Inputs of the bucket.

    Attributes:
        context: What the stack's resources share: names, tags, encryption key.
        bundles: The bundles; each has a different name.
    """

    context: StackContext
    bundles: Sequence[Bundle]


class CodeBucket(pulumi.ComponentResource):
    """The bucket of bundles.

    Attributes:
        name: The bucket's name.
        keys: Maps the name of each bundle to its object's key. The key contains the digest of the content, because
            AWS detects changed code by the key and not by the content.
    """

    name: pulumi.Output[str]
    keys: dict[str, pulumi.Output[str]]

    def __init__(self, name: str, args: CodeBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("agent-runs:index:CodeBucket", name, None, opts)
        bucket = PrivateBucket(
            name, PrivateBucketArgs(context=args.context, part="code"), opts=pulumi.ResourceOptions(parent=self)
        )
        self.name = bucket.name
        self.keys = {
            bundle.name: aws.s3.BucketObjectv2(
                f"{name}-{bundle.name}",
                bucket=bucket.name,
                key=f"{bundle.name}/{bundle.digest}.zip",
                source=pulumi.FileAsset(str(bundle.path)),
                opts=pulumi.ResourceOptions(
                    parent=self,
                    # The running code must exist until its replacement exists.
                    delete_before_replace=False,
                    # The key changes with the content. The bytes of the zip also differ without bytecode, as in a
                    # preview, and between patch releases of Python and zlib, but these are no changes.
                    ignore_changes=["source"],
                ),
            ).key
            for bundle in args.bundles
        }
        self.register_outputs({"name": self.name, "keys": self.keys})
