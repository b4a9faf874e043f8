"""Corrections of what all services share: who may send requests, and the services that MiniStack does not have."""

import hmac
import os
import re
from typing import Any

from ministack import app as ministack  # type: ignore[import-untyped]
from ministack.core import iam_evaluator  # type: ignore[import-untyped]
from ministack.services import sts  # type: ignore[import-untyped]

from local.emulator import absent_services
from local.emulator.door import Door, access_key_id

# Administration and health of MiniStack and its relatives, and the metadata API of EC2. No bucket has such a name.
_CLOSED = re.compile(r"/+(_.*|health|latest)(/.*)?", re.DOTALL)
_HEALTH = "/_ministack/health"

_serve = ministack.app


def apply() -> None:
    """Serve behind a door.

    - MiniStack accepts the key `test`, account ids and unsigned requests as the root user. Here the root user has one
      key, which is made at each start. Keys that the account has issued are accepted too: MiniStack checks their
      signatures.
    - MiniStack serves an administration API and a metadata API. Both are closed.
    - Resource policies deny requests without TLS (`aws:SecureTransport`). Loopback traffic has no TLS. Every request
      therefore gets the header that a proxy sets when it has terminated TLS.
    - MiniStack does not have the advisers, the bill and the web functions of an account: here it has none of them.
    - MiniStack corrects the content types of its responses by botocore's description of each service, which takes half
      a second to read. No AWS SDK for Python reads them.
    """
    ministack.app = Door(_serve_as_tls, rule=_refusal)
    ministack.fix_error_content_type = ministack.fix_success_content_type = lambda *_: None


async def _serve_as_tls(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        if (nothing := absent_services.nothing(scope)) is not None:
            await absent_services.send_json(send, nothing)
            return
        scope = {**scope, "headers": [*scope["headers"], (b"x-forwarded-proto", b"https")]}
    await _serve(scope, receive, send)


def _refusal(scope: Any) -> str | None:
    """Return why the door refuses a request, or None."""
    if not _is_issued(access_key_id(scope)):
        return "The access key id is not one of this account: use the environment variables of this start"
    if _CLOSED.fullmatch(scope["path"]) and scope["path"] != _HEALTH:
        return "The administration of the emulated account is closed: start another account instead"
    return None


def _is_issued(key: str) -> bool:
    is_root = hmac.compare_digest(key.encode(), os.environ["AWS_ACCESS_KEY_ID"].encode())
    return is_root or key in sts._sessions or iam_evaluator.find_iam_access_key_account(key) is not None
