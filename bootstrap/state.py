"""StateStore: the bucket of the stacks' Pulumi state, and the keys that encrypt their secrets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from bootstrap.place import STACKS_PROJECT, Place
from components.permissions import Grant

_DELETION_WINDOW_DAYS = 30
# Pulumi keeps its own history. Old versions are for files that are overwritten by mistake.
_OLD_VERSION_DAYS = 90


@dataclass(frozen=True, kw_only=True)
class StateStoreArgs:
    """Inputs of the state store.

    Attributes:
        place: Account and region of the store.
        stacks: The stacks whose state it holds.
        tags: Tags of every resource that supports tags.
    """

    place: Place
    stacks: Sequence[str]
    tags: Mapping[str, str]


class StateStore(pulumi.ComponentResource):
    """A bucket for the state of all stacks, and a key for the secrets of each stack.

    Attributes:
        url: The argument of `pulumi login`.
    """

    url: pulumi.Output[str]

    def __init__(self, name: str, args: StateStoreArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("agent-runs-bootstrap:index:StateStore", name, None, opts)
        self._place = args.place
        self._keys = {stack: self._key(stack, args.tags) for stack in args.stacks}
        self._bucket = self._make_bucket(name, args.tags)
        self.url = pulumi.Output.concat("s3://", self._bucket.bucket, "?region=", args.place.region)
        self.register_outputs({"url": self.url})

    def secrets_provider(self, stack: str) -> pulumi.Output[str]:
        """Return the argument of `pulumi stack init --secrets-provider` for a stack."""
        return pulumi.Output.concat("awskms://", self._alias(stack), "?region=", self._place.region)

    def read(self, stack: str) -> Sequence[Grant]:
        """Return the permission to read the current state and the secrets of one stack only."""
        return [
            self._find(),
            Grant(
                sid="ReadState",
                actions=["s3:GetObject"],
                resources=[self._objects("meta.yaml"), *self._current(stack)],
                reason="Pulumi adds suffixes to the name of a stack's file.",
            ),
            Grant(sid="ReadSecrets", actions=["kms:Decrypt"], resources=[self._keys[stack].arn]),
        ]

    def write(self, stack: str) -> Sequence[Grant]:
        """Return the permission to read and write the state and the secrets of one stack only."""
        return [
            self._find(),
            Grant(
                sid="WriteState",
                actions=["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
                resources=self._paths(stack),
                reason="Pulumi chooses the names of the files below a stack's prefixes.",
            ),
            Grant(
                sid="WriteBackendVersion",
                actions=["s3:GetObject", "s3:PutObject"],
                resources=[self._objects("meta.yaml")],
            ),
            Grant(
                sid="UseSecrets",
                actions=["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"],
                resources=[self._keys[stack].arn],
            ),
        ]

    def _find(self) -> Grant:
        # Without a prefix, or S3 would answer "access denied" where Pulumi expects "not found". It shows names only.
        return Grant(sid="ListState", actions=["s3:ListBucket"], resources=[self._bucket.arn])

    def _objects(self, path: str) -> pulumi.Output[str]:
        return pulumi.Output.concat(self._bucket.arn, "/.pulumi/", path)

    def _paths(self, stack: str) -> list[pulumi.Output[str]]:
        """Return the objects of a stack in Pulumi's backend: its current state, and three folders."""
        folders = (f"history/{STACKS_PROJECT}", f"backups/{STACKS_PROJECT}", f"locks/organization/{STACKS_PROJECT}")
        return [*self._current(stack), *(self._objects(f"{folder}/{stack}/*") for folder in folders)]

    def _current(self, stack: str) -> list[pulumi.Output[str]]:
        return [self._objects(f"stacks/{STACKS_PROJECT}/{stack}.{kind}") for kind in ("json*", "pulumi-tags")]

    def _alias(self, stack: str) -> str:
        return f"alias/state-of-{STACKS_PROJECT}-{stack}"

    def _key(self, stack: str, tags: Mapping[str, str]) -> aws.kms.Key:
        key = aws.kms.Key(
            f"state-{stack}",
            description=f"Encrypts the secrets in the Pulumi state of {STACKS_PROJECT}-{stack}",
            enable_key_rotation=True,
            deletion_window_in_days=_DELETION_WINDOW_DAYS,
            tags=tags,
            opts=pulumi.ResourceOptions(parent=self, protect=True),
        )
        aws.kms.Alias(
            f"state-{stack}",
            name=self._alias(stack),
            target_key_id=key.key_id,
            opts=pulumi.ResourceOptions(parent=key),
        )
        return key

    def _make_bucket(self, name: str, tags: Mapping[str, str]) -> aws.s3.Bucket:
        place = self._place
        bucket = aws.s3.Bucket(
            name,
            bucket=pulumi.Output.concat(f"state-of-{STACKS_PROJECT}-", place.account_id, "-", place.region),
            force_destroy=False,
            tags=tags,
            opts=pulumi.ResourceOptions(parent=self, protect=True),
        )
        child = pulumi.ResourceOptions(parent=bucket)
        blocked = aws.s3.BucketPublicAccessBlock(
            name,
            bucket=bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=child,
        )
        aws.s3.BucketOwnershipControls(
            name,
            bucket=bucket.bucket,
            rule=aws.s3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced"),
            opts=child,
        )
        # The account's S3 key is sufficient, because Pulumi encrypts the secrets in the state with the stack's own key.
        default = aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
            sse_algorithm="aws:kms"
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            name,
            bucket=bucket.bucket,
            rules=[
                aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
                    apply_server_side_encryption_by_default=default, bucket_key_enabled=True
                )
            ],
            opts=child,
        )
        versioning = aws.s3.BucketVersioning(
            name,
            bucket=bucket.bucket,
            versioning_configuration=aws.s3.BucketVersioningVersioningConfigurationArgs(status="Enabled"),
            opts=child,
        )
        aws.s3.BucketLifecycleConfiguration(
            name,
            bucket=bucket.bucket,
            rules=[
                aws.s3.BucketLifecycleConfigurationRuleArgs(
                    id="tidy-up",
                    status="Enabled",
                    filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
                    noncurrent_version_expiration=(
                        aws.s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
                            noncurrent_days=_OLD_VERSION_DAYS
                        )
                    ),
                )
            ],
            # S3 refuses rules about old versions until the bucket has versions.
            opts=pulumi.ResourceOptions(parent=bucket, depends_on=[versioning]),
        )
        aws.s3.BucketPolicy(
            name,
            bucket=bucket.bucket,
            policy=_tls_only(bucket.arn),
            # S3 refuses two changes of a bucket's access at the same time.
            opts=pulumi.ResourceOptions(parent=bucket, depends_on=[blocked]),
        )
        return bucket


def _tls_only(bucket_arn: pulumi.Output[str]) -> pulumi.Output[str]:
    statement = {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [bucket_arn, pulumi.Output.concat(bucket_arn, "/*")],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": [statement]})
