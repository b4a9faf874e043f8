"""The configuration of a function: durable execution, sources of events, URLs, versions, asynchronous calls."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

# What Lambda does with a failed asynchronous call without a configuration of its own:
# https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
DEFAULT_RETRIES = 2
# https://docs.aws.amazon.com/lambda/latest/dg/durable-configuration.html
DEFAULT_RETENTION_DAYS = 14


@dataclass(frozen=True, kw_only=True)
class DurableConfig:
    """The configuration of a durable function. It can be set only when the function is created.

    Attributes:
        execution_timeout_seconds: The longest time of one durable execution, with its waits.
        retention_days: Days for which the history of an ended execution is kept, and billed.
    """

    execution_timeout_seconds: int
    retention_days: int


@dataclass(frozen=True, kw_only=True)
class EventSource:
    """A queue or stream that Lambda polls for a function (an event source mapping).

    Attributes:
        service: The service: `sqs`, `kinesis`, `dynamodb`, `kafka` (Amazon MSK), `mq`, `rds` (DocumentDB), or
            `self-managed-kafka`.
        arn: The source's ARN; None for self-managed Kafka.
        enabled: Whether it is polled.
        qualifier: The alias or version that gets the events; None for the function itself.
        batch_size: Largest number of records of one call; None if AWS returned none.
        batching_window_seconds: Longest time for which records are gathered before a call.
        max_concurrency: Limit of the source's concurrent calls; None without one.
        minimum_pollers: Event pollers that are provisioned and billed; None if it is polled on demand, which is free.
    """

    service: str
    arn: str | None
    enabled: bool
    qualifier: str | None = None
    batch_size: int | None = None
    batching_window_seconds: int = 0
    max_concurrency: int | None = None
    minimum_pollers: int | None = None


@dataclass(frozen=True, kw_only=True)
class FunctionUrl:
    """An HTTPS endpoint of a function.

    Attributes:
        qualifier: The alias that it calls; None for the function itself.
        public: Whether anybody may call it without credentials.
    """

    qualifier: str | None
    public: bool


@dataclass(frozen=True, kw_only=True)
class Version:
    """A published version.

    Attributes:
        number: The version's number, such as `7`.
        published: When it was published.
        memory_mb: Its memory.
        code_bytes: Size of its code, without layers. It counts towards the region's limit of 75 GB.
        snap_start: Whether it has a SnapStart snapshot. AWS bills the cache of it for Python and .NET until the version
            is deleted, whether it is used or not.
        runtime: The runtime's identifier; None for a container image.
    """

    number: str
    published: datetime
    memory_mb: int
    code_bytes: int
    snap_start: bool
    runtime: str | None = None


@dataclass(frozen=True, kw_only=True)
class AsyncConfig:
    """What happens to asynchronous calls that fail. Several qualifiers are combined into the worst case.

    Attributes:
        retries: How often Lambda repeats a failed call.
        keeps_failures: Whether events that failed finally go to a destination or a dead-letter queue.
    """

    retries: int = DEFAULT_RETRIES
    keeps_failures: bool = False
