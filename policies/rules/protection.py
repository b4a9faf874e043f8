"""Protection: what holds data is guarded against deletion, and logs expire in time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from . import types
from .resource import Breach, Resource, of_type


def data(resource: Resource) -> Iterator[str]:
    """Tables, buckets and keys of production cannot be deleted by a mere mistake, and tables can be set back."""
    if not resource.is_production or resource.type not in (types.BUCKET, types.KEY, types.TABLE):
        return
    if not resource.protect:
        yield "In production what holds data is protected: set the resource option protect"
    if resource.type == types.TABLE:
        if not resource.get("deletionProtectionEnabled"):
            yield "In production a table has deletion protection: set deletionProtectionEnabled"
        if not resource.get("pointInTimeRecovery", "enabled"):
            yield "In production a table can be set back to any second: enable pointInTimeRecovery"
    if resource.type == types.BUCKET and resource.get("forceDestroy"):
        yield "In production a bucket with objects in it cannot be deleted: set forceDestroy to false"


def versions(resources: Sequence[Resource]) -> Iterator[Breach]:
    """Every bucket keeps what is overwritten and deleted."""
    versioned = {
        versioning.get("bucket")
        for versioning in of_type(resources, types.BUCKET_VERSIONING)
        if versioning.get("versioningConfiguration", "status") == "Enabled"
    }
    for bucket in of_type(resources, types.BUCKET):
        if bucket.get("bucket") not in versioned:
            yield Breach(
                resource=bucket, message="The bucket forgets what is overwritten: give it an enabled BucketVersioning"
            )


def log_groups(resource: Resource) -> Iterator[str]:
    """Every log group has a retention; without one, its events are kept, and paid for, for ever."""
    if resource.type == types.LOG_GROUP and not resource.get("retentionInDays"):
        yield "The log group keeps its events for ever: set retentionInDays"
