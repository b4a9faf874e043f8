"""The saved conversation of a run. Each attempt has its own, which starts as a copy of an earlier attempt's.

The journal does not fence conversations, so two attempts must not write to the same one. A zombie writes to its own,
which nobody reads any more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.config import Config
from strands.session import S3SessionManager

if TYPE_CHECKING:
    import boto3
    from mypy_boto3_s3 import S3Client

PREFIX = "conversations"
# Strands writes this object for every conversation. It is copied last, so it marks a complete copy.
_MARKER = "session.json"
# Suffix of a conversation that was restarted. The value is part of the names of existing objects.
_RESTARTED = "-anew"
# A conversation that is lost because of throttling costs all its tokens again.
_RETRY_CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 8})


class Conversation:
    """The saved conversation of one attempt.

    Args:
        session: Creates the clients.
        bucket: Name of the bucket.
        session_id: The run's id.
        attempt: The attempt that the conversation belongs to.
    """

    def __init__(self, session: boto3.Session, bucket: str, *, session_id: str, attempt: int) -> None:
        self._session = session
        self._s3: S3Client = session.client("s3", config=_RETRY_CONFIG)
        self._bucket = bucket
        self._session_id = session_id
        self._attempt = attempt

    def continued(self) -> S3SessionManager:
        """Continue the latest complete conversation of an earlier attempt; begin a new one if there is none."""
        earlier = (
            name
            for attempt in reversed(range(1, self._attempt))
            for name in (self._name(attempt) + _RESTARTED, self._name(attempt))
        )
        own = self._name(self._attempt)
        if (source := next(filter(self._is_complete, earlier), None)) is not None:
            self._copy(source, own)
        return self._manager(own)

    def restarted(self) -> S3SessionManager:
        """Begin a new conversation next to the unreadable one."""
        return self._manager(self._name(self._attempt) + _RESTARTED)

    def _manager(self, name: str) -> S3SessionManager:
        return S3SessionManager(
            session_id=name,
            bucket=self._bucket,
            prefix=PREFIX,
            boto_session=self._session,
            boto_client_config=_RETRY_CONFIG,
        )

    def _copy(self, source: str, target: str) -> None:
        for key in sorted(self._keys(source), key=lambda key: key.endswith(f"/{_MARKER}")):
            self._s3.copy_object(
                Bucket=self._bucket,
                Key=_folder(target) + key.removeprefix(_folder(source)),
                CopySource={"Bucket": self._bucket, "Key": key},
            )

    def _is_complete(self, name: str) -> bool:
        return f"{_folder(name)}{_MARKER}" in self._keys(name)

    def _keys(self, name: str) -> list[str]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=_folder(name))
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    def _name(self, attempt: int) -> str:
        return f"{self._session_id}-{attempt}"


def _folder(name: str) -> str:
    """Return the prefix that Strands gives a conversation's objects."""
    return f"{PREFIX}/session_{name}/"
