"""Encryption at rest: everywhere, and in production with keys whose use the account itself decides on and can see."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from . import types
from .resource import Breach, Resource, of_type

_SERVICE_KEY_ALIAS = "alias/aws/"

# Where each type says which key it is encrypted with.
_KEY_PROPERTY = {
    types.LOG_GROUP: ("kmsKeyId",),
    types.QUEUE: ("kmsMasterKeyId",),
    types.TABLE: ("serverSideEncryption", "kmsKeyArn"),
    types.TOPIC: ("kmsMasterKeyId",),
}


def at_rest(resource: Resource) -> Iterator[str]:
    """Queues are encrypted; the other stores always are, by themselves or as `buckets` demands.

    Topics keep nothing, and `with_own_keys` demands a key of them in production: AWS's own key for them keeps alarms
    from publishing.
    """
    if resource.type == types.QUEUE and not (resource.get("sqsManagedSseEnabled") or resource.get("kmsMasterKeyId")):
        yield "The queue is not encrypted: set sqsManagedSseEnabled, or kmsMasterKeyId to a key of your own"


def with_own_keys(resource: Resource) -> Iterator[str]:
    """In production, whatever holds data is encrypted with a customer-managed key."""
    path = _KEY_PROPERTY.get(resource.type)
    if path is None or not resource.is_production:
        return
    key = resource.get(*path)
    if not key or _SERVICE_KEY_ALIAS in key:
        yield f"In production it is encrypted with a customer-managed key: set {'.'.join(path)} to one"


def rotated_keys(resource: Resource) -> Iterator[str]:
    """Keys renew their material every year."""
    if resource.type == types.KEY and not resource.get("enableKeyRotation"):
        yield "The key is never rotated: set enableKeyRotation"


def buckets(resources: Sequence[Resource]) -> Iterator[Breach]:
    """Every bucket says how it is encrypted, and in production with a customer-managed key."""
    algorithms = {
        configuration.get("bucket"): {
            rule["applyServerSideEncryptionByDefault"]["sseAlgorithm"] for rule in configuration.get("rules")
        }
        for configuration in of_type(resources, types.BUCKET_ENCRYPTION)
    }
    for bucket in of_type(resources, types.BUCKET):
        found = algorithms.get(bucket.get("bucket"))
        if found is None:
            yield Breach(
                resource=bucket,
                message="The bucket does not say how it is encrypted: "
                "give it a BucketServerSideEncryptionConfiguration",
            )
        elif bucket.is_production and not found <= {"aws:kms", "aws:kms:dsse"}:
            yield Breach(
                resource=bucket,
                message="In production a bucket is encrypted with a customer-managed key: set its sseAlgorithm to "
                "aws:kms",
            )
