"""Stores reports: in an S3 bucket, or in a folder for an analysis on a local machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class Objects(Protocol):
    """Stores bytes under keys."""

    def get(self, key: str) -> bytes | None:
        """Return the bytes under a key; None if there are none."""

    def put(self, key: str, body: bytes, content_type: str) -> None:
        """Store bytes under a key, replacing any that are there."""

    def uri(self, key: str) -> str:
        """Return the URI of a key."""


@dataclass(frozen=True)
class BucketObjects:
    """An S3 bucket.

    Attributes:
        client: An S3 client.
        bucket: The bucket's name.
    """

    client: S3Client
    bucket: str

    def get(self, key: str) -> bytes | None:
        """Return the object's bytes; None if there is no such object."""
        try:
            return self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except self.client.exceptions.NoSuchKey:
            return None

    def put(self, key: str, body: bytes, content_type: str) -> None:
        """Put the object."""
        self.client.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType=content_type)

    def uri(self, key: str) -> str:
        """Return `s3://bucket/key`."""
        return f"s3://{self.bucket}/{key}"


@dataclass(frozen=True)
class FolderObjects:
    """A folder on this machine.

    Attributes:
        folder: The folder; it is created with the first file.
    """

    folder: Path

    def get(self, key: str) -> bytes | None:
        """Return the file's bytes; None if there is no such file."""
        try:
            return (self.folder / key).read_bytes()
        except FileNotFoundError:
            return None

    def put(self, key: str, body: bytes, content_type: str) -> None:  # noqa: ARG002  # a file's suffix implies it
        """Write the file."""
        path = self.folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)

    def uri(self, key: str) -> str:
        """Return `file:///folder/key`."""
        return (self.folder / key).resolve().as_uri()
