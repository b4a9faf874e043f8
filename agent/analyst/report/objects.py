"""Where reports are kept: a bucket in the account, or a folder for an analysis on one's own machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class Objects(Protocol):
    """Keeps bytes under keys."""

    def get(self, key: str) -> bytes | None:
        """What is kept under a key; None if nothing is."""

    def put(self, key: str, body: bytes, content_type: str) -> None:
        """Keep bytes under a key, in the place of any that are there."""

    def uri(self, key: str) -> str:
        """Where a key can be found."""


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
        """The object's bytes; None if there is no such object."""
        try:
            return self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except self.client.exceptions.NoSuchKey:
            return None

    def put(self, key: str, body: bytes, content_type: str) -> None:
        """Put an object."""
        self.client.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType=content_type)

    def uri(self, key: str) -> str:
        """`s3://bucket/key`."""
        return f"s3://{self.bucket}/{key}"


@dataclass(frozen=True)
class FolderObjects:
    """A folder on this machine.

    Attributes:
        folder: Where files go; made when the first one is written.
    """

    folder: Path

    def get(self, key: str) -> bytes | None:
        """The file's bytes; None if there is no such file."""
        try:
            return (self.folder / key).read_bytes()
        except FileNotFoundError:
            return None

    def put(self, key: str, body: bytes, content_type: str) -> None:  # noqa: ARG002  # a file's name says it
        """Write a file."""
        path = self.folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)

    def uri(self, key: str) -> str:
        """`file:///folder/key`."""
        return (self.folder / key).resolve().as_uri()
