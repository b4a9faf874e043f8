"""Protection: stores are protected against deletion, and logs have a retention."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from . import types
from .resource import Breach, Resource, of_type


def data(resource: Resource) -> Iterator[str]:
    """Check that in production tables, buckets and keys are protected, and tables have point-in-time recovery."""
    if not resource.is_production or resource.type not in (types.BUCKET, types.KEY, types.TABLE):
        return
    if not resource.protect:
        yield "In production a resource with data must be protected: set the resource option protect"
    if resource.type == types.TABLE:
        if not resource.get("deletionProtectionEnabled"):
            yield "In production a table needs deletion protection: set deletionProtectionEnabled"
        if not resource.get("pointInTimeRecovery", "enabled"):
            yield "In production a table needs point-in-time recovery: enable pointInTimeRecovery"
    if resource.type == types.BUCKET and resource.get("forceDestroy"):
        yield "In production a bucket with objects must not be deleted: set forceDestroy to false"


def versions(resources: Sequence[Resource]) -> Iterator[Breach]:
    """Check that every bucket has versioning."""
    versioned = {
        versioning.get("bucket")
        for versioning in of_type(resources, types.BUCKET_VERSIONING)
        if versioning.get("versioningConfiguration", "status") == "Enabled"
    }
    for bucket in of_type(resources, types.BUCKET):
        if bucket.get("bucket") not in versioned:
            yield Breach(
                resource=bucket, message="The bucket keeps no old versions: add a BucketVersioning with status Enabled"
            )


def log_groups(resource: Resource) -> Iterator[str]:
    """Check that every log group has a retention; without one, its events are kept and billed for ever."""
    if resource.type == types.LOG_GROUP and not resource.get("retentionInDays"):
        yield "The log group keeps its events for ever: set retentionInDays"
