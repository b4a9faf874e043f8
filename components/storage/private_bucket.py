"""PrivateBucket: a private, encrypted, versioned bucket that accepts only TLS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components.context import StackContext

# Time to restore an object that was overwritten or deleted by mistake.
_OLD_VERSION_DAYS = 14


@dataclass(frozen=True, kw_only=True)
class PrivateBucketArgs:
    """Inputs of the bucket.

    Attributes:
        context: What the stack's resources share: names, tags, encryption key.
        part: The last part of the bucket's physical name.
        expire_after_days: Maps a prefix of object keys to the days after which S3 deletes the objects.
    """

    context: StackContext
    part: str
    expire_after_days: Mapping[str, int] = field(default_factory=dict)


class PrivateBucket(pulumi.ComponentResource):
    """A bucket without access from outside the account.

    Attributes:
        name: The bucket's name, known only after the bucket is fully configured. An object that is uploaded earlier
            could be encrypted under another key, or have no versions.
        arn: The bucket's ARN.
    """

    name: pulumi.Output[str]
    arn: pulumi.Output[str]

    def __init__(self, name: str, args: PrivateBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("agent-runs:index:PrivateBucket", name, None, opts)
        context = args.context
        bucket = aws.s3.Bucket(
            name,
            bucket=pulumi.Output.all(context.account_id, context.region).apply(
                lambda known: context.names.bucket(args.part, account_id=known[0], region=known[1])
            ),
            force_destroy=not context.protect,
            tags=context.tags,
            opts=pulumi.ResourceOptions(parent=self, protect=context.protect),
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
        owned = aws.s3.BucketOwnershipControls(
            name,
            bucket=bucket.bucket,
            rule=aws.s3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced"),
            opts=child,
        )
        encrypted = aws.s3.BucketServerSideEncryptionConfiguration(
            name,
            bucket=bucket.bucket,
            rules=[
                aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
                    apply_server_side_encryption_by_default=(
                        aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
                            sse_algorithm="aws:kms" if context.key_arn else "AES256",
                            kms_master_key_id=context.key_arn,
                        )
                    ),
                    # One data key for the bucket instead of a KMS request for each object.
                    bucket_key_enabled=context.key_arn is not None,
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
        lifecycle = aws.s3.BucketLifecycleConfiguration(
            name,
            bucket=bucket.bucket,
            rules=[_delete_old_versions(), *_expirations(args.expire_after_days)],
            # S3 rejects rules about old versions before versioning is enabled.
            opts=pulumi.ResourceOptions(parent=bucket, depends_on=[versioning]),
        )
        tls_only = aws.s3.BucketPolicy(
            name,
            bucket=bucket.bucket,
            policy=_tls_only(bucket.arn),
            # S3 rejects two concurrent changes of a bucket's access.
            opts=pulumi.ResourceOptions(parent=bucket, depends_on=[blocked]),
        )
        parts = (blocked, owned, encrypted, versioning, lifecycle, tls_only)
        self.name = pulumi.Output.all(bucket.bucket, *(part.id for part in parts)).apply(lambda known: str(known[0]))
        self.arn = bucket.arn
        self.register_outputs({"name": self.name, "arn": self.arn})


def _delete_old_versions() -> aws.s3.BucketLifecycleConfigurationRuleArgs:
    return aws.s3.BucketLifecycleConfigurationRuleArgs(
        id="tidy-up",
        status="Enabled",
        filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
        expiration=aws.s3.BucketLifecycleConfigurationRuleExpirationArgs(expired_object_delete_marker=True),
        noncurrent_version_expiration=aws.s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
            noncurrent_days=_OLD_VERSION_DAYS
        ),
        abort_incomplete_multipart_upload=aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
            days_after_initiation=1
        ),
    )


def _expirations(days_by_prefix: Mapping[str, int]) -> Sequence[aws.s3.BucketLifecycleConfigurationRuleArgs]:
    return [
        aws.s3.BucketLifecycleConfigurationRuleArgs(
            id=f"expire-{prefix.strip('/')}",
            status="Enabled",
            filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=prefix),
            expiration=aws.s3.BucketLifecycleConfigurationRuleExpirationArgs(days=days),
        )
        for prefix, days in days_by_prefix.items()
    ]


def _tls_only(bucket_arn: pulumi.Output[str]) -> pulumi.Output[str]:
    # The wildcards are in a Deny statement: they refuse every request without TLS.
    return pulumi.Output.json_dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "TlsOnly",
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "s3:*",
                    "Resource": [bucket_arn, pulumi.Output.concat(bucket_arn, "/*")],
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                }
            ],
        }
    )
