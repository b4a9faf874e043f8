"""The emulated AWS account, and clients for it."""

import base64
import os
import secrets
import threading
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

from local import processes

ACCOUNT_ID = "123456789012"
REGION = "eu-central-1"


class Account:
    """An AWS account behind one endpoint. Clients have the root user's credentials, and all threads share them.

    Attributes:
        access_key: The root user's access key id. It is random, because it is the secret that opens the account.
        secret_key: The root user's secret access key. No policy limits the root user.

    Args:
        endpoint: URL that serves every AWS API.
        account_id: Account id, twelve digits.
        region: Region of all resources.
    """

    def __init__(self, endpoint: str, *, account_id: str = ACCOUNT_ID, region: str = REGION) -> None:
        self.endpoint = endpoint
        self.account_id = account_id
        self.region = region
        self.access_key = f"AKIA{base64.b32encode(secrets.token_bytes(20)).decode()}"
        self.secret_key = secrets.token_urlsafe(30)
        self._session = boto3.Session(
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            region_name=region,
            botocore_session=_isolated_session(),
        )
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()

    def client(self, service: str, *, endpoint: str | None = None) -> Any:
        """Return the client of a service. Give an endpoint for a service that another server provides."""
        key = (service, endpoint or self.endpoint)
        with self._lock:  # creating a client is not thread-safe, using it is
            if key not in self._clients:
                self._clients[key] = self._session.client(
                    service,  # type: ignore[call-overload]
                    endpoint_url=key[1],
                    config=Config(proxies={}, max_pool_connections=32, retries={"total_max_attempts": 2}),
                )
            return self._clients[key]

    def environment(self) -> dict[str, str]:
        """Return the environment variables that give any AWS SDK or CLI root access to this account."""
        return processes.aws_environment(
            endpoint=self.endpoint, region=self.region, access_key=self.access_key, secret_key=self.secret_key
        )


def _isolated_session() -> botocore.session.Session:
    """Return a session that reads no setting of a real account: no AWS_PROFILE, no other variable, no file."""
    known = botocore.session.Session.SESSION_VARIABLES.items()
    variables = {name: (None, None, default, convert) for name, (_, _, default, convert) in known}
    return botocore.session.Session(
        variables | dict.fromkeys(("config_file", "credentials_file"), (None, None, os.devnull, None))
    )
