"""boto3 sessions that share what takes long to make and never changes.

That is the descriptions of AWS's services, and the functions that botocore registers for the events of requests.
"""

from __future__ import annotations

import copy
import functools
import os
from typing import Any

import boto3
import botocore.session
from botocore.hooks import HierarchicalEmitter

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
    registered, descriptions = _shared()
    core = botocore.session.Session(event_hooks=copy.copy(registered), include_builtin_handlers=False)
    core.register_component("data_loader", descriptions)
    # boto3 reads AWS_DEFAULT_REGION only, and AWS does not document that AgentCore sets it.
    return boto3.Session(botocore_session=core, region_name=os.environ.get("AWS_REGION") or None)


@functools.cache
def _shared() -> tuple[HierarchicalEmitter, Any]:
    """Return botocore's own functions for events, and its parsed files. No configuration and no credentials."""
    registered = HierarchicalEmitter()
    return registered, botocore.session.Session(event_hooks=registered).get_component("data_loader")
