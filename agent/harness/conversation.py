"""The saved conversation of a run: each attempt keeps its own, and begins with a copy of the one before.

A conversation is not fenced by the journal as a run is: two attempts that wrote to the same one could garble it. So a
zombie writes to its own, which nobody reads any more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.config import Config
from strands.session import S3SessionManager

if TYPE_CHECKING:
    import boto3
    from mypy_boto3_s3 import S3Client

PREFIX = "conversations"
# Strands' own name for the object that says that there is a conversation; it is copied last, when the copy is whole.
_WHOLE = "session.json"
_ANEW = "-anew"
# What is lost for a moment's throttling would have to be paid for again.
_PATIENT = Config(retries={"mode": "standard", "total_max_attempts": 8})


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
        self._s3: S3Client = session.client("s3", config=_PATIENT)
        self._bucket = bucket
        self._session_id = session_id
        self._attempt = attempt

    def continued(self) -> S3SessionManager:
        """Go on from the latest conversation that an earlier attempt has left whole, or begin one where none has."""
        earlier = (
            name
            for attempt in reversed(range(1, self._attempt))
            for name in (self._name(attempt) + _ANEW, self._name(attempt))
        )
        own = self._name(self._attempt)
        if (source := next(filter(self._is_whole, earlier), None)) is not None:
            self._copy(source, own)
        return self._manager(own)

    def begun_anew(self) -> S3SessionManager:
        """Begin a conversation beside the one that cannot be read."""
        return self._manager(self._name(self._attempt) + _ANEW)

    def _manager(self, name: str) -> S3SessionManager:
        return S3SessionManager(
            session_id=name,
            bucket=self._bucket,
            prefix=PREFIX,
            boto_session=self._session,
            boto_client_config=_PATIENT,
        )

    def _copy(self, source: str, target: str) -> None:
        for key in sorted(self._keys(source), key=lambda key: key.endswith(f"/{_WHOLE}")):
            self._s3.copy_object(
                Bucket=self._bucket,
                Key=_folder(target) + key.removeprefix(_folder(source)),
                CopySource={"Bucket": self._bucket, "Key": key},
            )

    def _is_whole(self, name: str) -> bool:
        return f"{_folder(name)}{_WHOLE}" in self._keys(name)

    def _keys(self, name: str) -> list[str]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=_folder(name))
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    def _name(self, attempt: int) -> str:
        return f"{self._session_id}-{attempt}"


def _folder(name: str) -> str:
    """As Strands lays it out."""
    return f"{PREFIX}/session_{name}/"
