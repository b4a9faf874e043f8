"""The saved conversation of a run: each attempt keeps its own, and begins with a copy of the one before.

A conversation is not fenced by the journal as a run is: two attempts that wrote to the same one could garble it. So a
zombie writes to its own, which nobody reads any more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from strands.session import S3SessionManager

if TYPE_CHECKING:
    import boto3
    from mypy_boto3_s3 import S3Client

PREFIX = "conversations"
# Strands' own name for the object that says that there is a conversation; it is copied last, when the copy is whole.
_WHOLE = "session.json"


class Conversation:
    """What is saved of one attempt's conversation.

    Args:
        session: Makes the clients.
        bucket: Name of the bucket.
        session_id: The run's id.
        attempt: The attempt that the conversation is for.
    """

    def __init__(self, session: boto3.Session, bucket: str, *, session_id: str, attempt: int) -> None:
        self._session = session
        self._s3: S3Client = session.client("s3")
        self._bucket = bucket
        self._session_id = session_id
        self._attempt = attempt

    def continued(self) -> S3SessionManager:
        """Go on from the latest attempt that has left a whole conversation, or begin one where none has."""
        earlier = (attempt for attempt in reversed(range(1, self._attempt)) if self._is_whole(attempt))
        if (source := next(earlier, None)) is not None:
            self._copy_from(source)
        return self._manager()

    def begun_anew(self) -> S3SessionManager:
        """Begin a conversation in the place of one that cannot be read."""
        for key in self._keys(self._attempt):
            self._s3.delete_object(Bucket=self._bucket, Key=key)
        return self._manager()

    def _manager(self) -> S3SessionManager:
        return S3SessionManager(
            session_id=f"{self._session_id}-{self._attempt}",
            bucket=self._bucket,
            prefix=PREFIX,
            boto_session=self._session,
        )

    def _copy_from(self, attempt: int) -> None:
        source, target = self._folder(attempt), self._folder(self._attempt)
        for key in sorted(self._keys(attempt), key=lambda key: key.endswith(f"/{_WHOLE}")):
            self._s3.copy_object(
                Bucket=self._bucket,
                Key=target + key.removeprefix(source),
                CopySource={"Bucket": self._bucket, "Key": key},
            )

    def _is_whole(self, attempt: int) -> bool:
        return f"{self._folder(attempt)}{_WHOLE}" in self._keys(attempt)

    def _keys(self, attempt: int) -> list[str]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._folder(attempt))
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    def _folder(self, attempt: int) -> str:
        """As Strands lays it out."""
        return f"{PREFIX}/session_{self._session_id}-{attempt}/"
