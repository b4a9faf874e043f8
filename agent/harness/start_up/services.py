"""boto3 sessions that share the descriptions of AWS's services, which take long to read and never change."""

from __future__ import annotations

import boto3
import botocore.session

# Parsed files of botocore. No configuration and no credentials.
_DESCRIPTIONS = botocore.session.get_session().get_component("data_loader")

_ANY_REGION = "us-east-1"
_NO_KEY = "none"


def describe(*services: str) -> None:
    """Read the descriptions of services, such as "s3", and import what their clients need.

    It creates a client of each service, which sends nothing and has no credentials, and drops it.
    """
    once = session()
    for service in dict.fromkeys(services):
        once.client(  # type: ignore[call-overload]
            service, region_name=_ANY_REGION, aws_access_key_id=_NO_KEY, aws_secret_access_key=_NO_KEY
        )


def session() -> boto3.Session:
    """Return a new session. Create one in each run, because a session keeps its credentials."""
    core = botocore.session.get_session()
    core.register_component("data_loader", _DESCRIPTIONS)
    return boto3.Session(botocore_session=core)
