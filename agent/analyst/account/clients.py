"""boto3 clients of the analysed account: one per service and region, shared by all threads."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Literal, overload

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client

# The services whose descriptions are read before the first run. The others are read when they are needed: all of them
# together would delay the start of the agent by a tenth of a second.
SERVICES = ("cloudwatch", "lambda", "logs", "pricing", "s3")

# Requests at once. Lambda's control plane accepts 15 a second of most kinds: more would be throttled. And each thread
# that computes delays the answer to AgentCore's ping.
CONCURRENCY = 3

_CONFIG = Config(
    connect_timeout=5,
    # CloudWatch needs some seconds for a full request. `reading.REQUEST_SECONDS` leaves time for a second one.
    read_timeout=25,
    max_pool_connections=2 * CONCURRENCY,
    # The adaptive mode slows requests down to the account's API quotas.
    retries={"mode": "adaptive", "total_max_attempts": 8},
)

# Optional data must not delay the analysis.
_CONFIG_FOR_OPTIONAL = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3})
_OPTIONAL = frozenset(
    {"ce", "compute-optimizer", "cost-optimization-hub", "lambda-microvms", "lambda-web", "pricing", "savingsplans"}
)

# No type stubs of these are installed.
_Untyped = Literal[
    "ce",
    "compute-optimizer",
    "cost-optimization-hub",
    "lambda-microvms",
    "lambda-web",
    "pricing",
    "resourcegroupstaggingapi",
    "savingsplans",
]


class Clients:
    """Creates clients on first use.

    Args:
        session: Supplies credentials and the default region.
    """

    def __init__(self, session: boto3.Session) -> None:
        self._session = session
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()

    @property
    def region(self) -> str:
        """Return the session's region.

        Raises:
            LookupError: No region is configured.
        """
        if not self._session.region_name:
            raise LookupError("No AWS region is configured: set AWS_REGION, or ANALYSIS_REGIONS")
        return self._session.region_name

    @overload
    def get(self, service: Literal["lambda"], region: str) -> LambdaClient: ...
    @overload
    def get(self, service: Literal["cloudwatch"], region: str) -> CloudWatchClient: ...
    @overload
    def get(self, service: Literal["logs"], region: str) -> CloudWatchLogsClient: ...
    @overload
    def get(self, service: Literal["s3"], region: str) -> S3Client: ...
    @overload
    def get(self, service: _Untyped, region: str) -> Any: ...
    def get(self, service: Any, region: str) -> Any:
        """Return the client of a service in a region."""
        with self._lock:  # creating a client is not thread-safe; using one is
            if (service, region) not in self._clients:
                config = _CONFIG_FOR_OPTIONAL if service in _OPTIONAL else _CONFIG
                self._clients[service, region] = self._session.client(service, region_name=region, config=config)
            return self._clients[service, region]
