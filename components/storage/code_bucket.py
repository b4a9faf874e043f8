"""CodeBucket: where the bundles lie that Lambda and AgentCore run."""

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
    """What is to be kept.

    Attributes:
        context: The stack's place.
        bundles: The bundles, each with a name of its own.
    """

    context: StackContext
    bundles: Sequence[Bundle]


class CodeBucket(pulumi.ComponentResource):
    """The bucket of bundles.

    Attributes:
        name: The bucket's name.
        keys: Name of each bundle, to its object's key. The key carries the digest of the content, because AWS compares
            keys, and not contents, to see that code has changed.
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
                    # What runs must not lose its code before what replaces it is there.
                    delete_before_replace=False,
                    # The key changes when the content does. The zip's bytes also differ without bytecode, as in a
                    # preview, and between patch releases of Python and zlib: none of them is a change.
                    ignore_changes=["source"],
                ),
            ).key
            for bundle in args.bundles
        }
        self.register_outputs({"name": self.name, "keys": self.keys})
