"""Encryption at rest: everywhere, and in production with customer-managed keys, which can be restricted and audited."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from . import types
from .resource import Breach, Resource, of_type

_SERVICE_KEY_ALIAS = "alias/aws/"

# The property of each type that names its key.
_KEY_PROPERTY = {
    types.LOG_GROUP: ("kmsKeyId",),
    types.QUEUE: ("kmsMasterKeyId",),
    types.TABLE: ("serverSideEncryption", "kmsKeyArn"),
    types.TOPIC: ("kmsMasterKeyId",),
}


def at_rest(resource: Resource) -> Iterator[str]:
    """Check that queues are encrypted. AWS encrypts tables and log groups in any case; `buckets` checks buckets.

    Topics store nothing. In production `with_own_keys` requires a key for them, which cannot be AWS's own key, because
    alarms cannot publish to a topic that uses it.
    """
    if resource.type == types.QUEUE and not (resource.get("sqsManagedSseEnabled") or resource.get("kmsMasterKeyId")):
        yield "The queue is not encrypted: set sqsManagedSseEnabled, or kmsMasterKeyId to a key of your own"


def with_own_keys(resource: Resource) -> Iterator[str]:
    """Check that in production every store is encrypted with a customer-managed key."""
    path = _KEY_PROPERTY.get(resource.type)
    if path is None or not resource.is_production:
        return
    key = resource.get(*path)
    if not key or _SERVICE_KEY_ALIAS in key:
        yield f"In production this resource needs a customer-managed key: set {'.'.join(path)} to one"


def rotated_keys(resource: Resource) -> Iterator[str]:
    """Check that keys are rotated."""
    if resource.type == types.KEY and not resource.get("enableKeyRotation"):
        yield "The key is never rotated: set enableKeyRotation"


def buckets(resources: Sequence[Resource]) -> Iterator[Breach]:
    """Check that every bucket configures its encryption, and in production with a customer-managed key."""
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
                message="The bucket has no encryption configuration: add a BucketServerSideEncryptionConfiguration",
            )
        elif bucket.is_production and not found <= {"aws:kms", "aws:kms:dsse"}:
            yield Breach(
                resource=bucket,
                message="In production a bucket needs a customer-managed key: set its sseAlgorithm to aws:kms",
            )
