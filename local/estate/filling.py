"""Fill an emulated account with an estate: functions, 14 days of metrics, and logs.

Three things differ from a real account:
- All metrics of a day have the time of its last second. CloudWatch refuses data older than two weeks, and the analysis
  starts 14 whole days ago.
- Log events can be older than the metrics. They distinguish a function that ran long ago from a new one.
- Every function was changed just now.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from local.estate.shapes import DAYS, Estate, Provisioned, Shape

Client = Callable[[str], Any]
"""Returns the client of a service, in the account and region to fill."""

_ROLE = "estate-function"
_THREADS = 8
# The most data that CloudWatch accepts in one request.
_DATA_PER_REQUEST = 1_000
_REPORTS_PER_DAY = 6


def fill(client: Client, estate: Estate, now: datetime) -> None:
    """Create an estate's functions with their metrics and logs.

    Args:
        client: Returns the client of a service.
        estate: The estate.
        now: The current time. The metrics end at its last midnight, UTC.
    """
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    role = _role(client("iam"))
    archive = package()
    with ThreadPoolExecutor(_THREADS) as pool:
        futures = [
            *(pool.submit(_create, client, shape, role, archive) for shape in estate.functions),
            *(pool.submit(_write_logs, client("logs"), shape, midnight) for shape in estate.functions),
            *(
                pool.submit(client("cloudwatch").put_metric_data, Namespace=namespace, MetricData=data)
                for namespace, data in _metrics(estate.functions, midnight)
            ),
        ]
        for future in futures:
            future.result()


def _role(iam: Any) -> str:
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
    try:
        created = iam.create_role(RoleName=_ROLE, AssumeRolePolicyDocument=json.dumps(trust))
    except iam.exceptions.EntityAlreadyExistsException:
        created = iam.get_role(RoleName=_ROLE)
    return str(created["Role"]["Arn"])


def package() -> bytes:
    """Return the code of every function, as a zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("index.py", "def handler(event, context):\n    return event\n")
    return buffer.getvalue()


def _create(client: Client, shape: Shape, role: str, archive: bytes) -> None:
    functions = client("lambda")
    common = {
        "FunctionName": shape.name,
        "Role": role,
        "Architectures": [shape.architecture],
        "MemorySize": shape.memory_mb,
        "Timeout": shape.timeout_seconds,
        "EphemeralStorage": {"Size": shape.ephemeral_storage_mb},
        "Publish": bool(shape.provisioned),
    }
    if shape.runtime is None:
        image = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/estate:latest"
        functions.create_function(**common, PackageType="Image", Code={"ImageUri": image})
    else:
        functions.create_function(**common, Runtime=shape.runtime, Handler="index.handler", Code={"ZipFile": archive})
    for provisioned in shape.provisioned:
        functions.create_alias(FunctionName=shape.name, Name=provisioned.alias, FunctionVersion="1")
        functions.put_provisioned_concurrency_config(
            FunctionName=shape.name,
            Qualifier=provisioned.alias,
            ProvisionedConcurrentExecutions=provisioned.units,
        )


def _write_logs(logs: Any, shape: Shape, midnight: datetime) -> None:
    if shape.log_bytes_per_day is None:
        return
    group = f"/aws/lambda/{shape.name}"
    logs.create_log_group(logGroupName=group)
    if shape.log_retention_days is not None:
        logs.put_retention_policy(logGroupName=group, retentionInDays=shape.log_retention_days)
    events = [
        {"timestamp": int(moment.timestamp() * 1_000), "message": _report(shape, number)}
        for number, moment in enumerate(_runs(shape, midnight))
    ]
    if events:
        stream = f"{midnight:%Y/%m/%d}/[$LATEST]{shape.name}"
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


def _runs(shape: Shape, midnight: datetime) -> Iterator[datetime]:
    """Yield the times of the runs that have a REPORT line in the log."""
    if shape.calls_per_day:
        for day in _days(midnight):
            yield from (day + timedelta(hours=24 * part / _REPORTS_PER_DAY) for part in range(_REPORTS_PER_DAY))
    elif shape.last_ran_days_ago is not None:
        yield midnight - timedelta(days=shape.last_ran_days_ago)


def _report(shape: Shape, number: int) -> str:
    """Return a REPORT line as Lambda writes it. Every seventh run has the highest memory use."""
    duration, _ = shape.duration_ms[number % len(shape.duration_ms)]
    cold = bool(shape.cold_every) and number % shape.cold_every == 0
    init = f"Init Duration: {shape.init_ms:.2f} ms\t" if cold else ""
    used = shape.memory_used_mb if number % 7 == 0 else shape.memory_used_mb * 9 // 10
    return (
        f"REPORT RequestId: 00000000-0000-4000-8000-{number:012d}\tDuration: {duration:.2f} ms\t"
        f"Billed Duration: {duration} ms\tMemory Size: {shape.memory_mb} MB\tMax Memory Used: {used} MB\t{init}\n"
    )


def _metrics(functions: Sequence[Shape], midnight: datetime) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield the namespace and the data of each request to CloudWatch."""
    lambda_data: list[dict[str, Any]] = []
    logs_data: list[dict[str, Any]] = []
    for day in _days(midnight):
        for name, total in _totals(functions).items():
            lambda_data.append({"MetricName": name, "Value": total, "Timestamp": day + timedelta(seconds=86_399)})
    for shape in functions:
        for day in _days(midnight):
            stamp = day + timedelta(seconds=86_399)
            lambda_data += [{**datum, "Timestamp": stamp} for datum in _daily_data(shape)]
            if shape.calls_per_day and shape.log_bytes_per_day is not None:
                dimensions = [{"Name": "LogGroupName", "Value": f"/aws/lambda/{shape.name}"}]
                bytes_in = {"MetricName": "IncomingBytes", "Dimensions": dimensions, "Value": shape.log_bytes_per_day}
                logs_data.append({**bytes_in, "Timestamp": stamp})
    for namespace, data in (("AWS/Lambda", lambda_data), ("AWS/Logs", logs_data)):
        for start in range(0, len(data), _DATA_PER_REQUEST):
            yield namespace, data[start : start + _DATA_PER_REQUEST]


def _daily_data(shape: Shape) -> Iterator[dict[str, Any]]:
    """Yield the data of one function and day. As on AWS, a function that did not run has none."""
    for provisioned in shape.provisioned:
        yield from _provisioned_data(shape, provisioned)
    if not shape.calls_per_day:
        return
    dimensions = [{"Name": "FunctionName", "Value": shape.name}]
    yield {"MetricName": "Invocations", "Dimensions": dimensions, "Value": shape.calls_per_day}
    yield {"MetricName": "Errors", "Dimensions": dimensions, "Value": shape.errors_per_day}
    yield {"MetricName": "Throttles", "Dimensions": dimensions, "Value": shape.throttles_per_day}
    yield {"MetricName": "ConcurrentExecutions", "Dimensions": dimensions, "Value": shape.peak_concurrency}
    yield {
        "MetricName": "Duration",
        "Dimensions": dimensions,
        "Values": [milliseconds for milliseconds, _ in shape.duration_ms],
        "Counts": [shape.calls_per_day * of_1000 / 1_000 for _, of_1000 in shape.duration_ms],
    }


def _totals(functions: Iterable[Shape]) -> dict[str, int]:
    """Return the totals of a region and day, which Lambda publishes without a dimension."""
    called = [shape for shape in functions if shape.calls_per_day]
    return {
        "Errors": sum(shape.errors_per_day for shape in called),
        "Throttles": sum(shape.throttles_per_day for shape in called),
    }


def _provisioned_data(shape: Shape, provisioned: Provisioned) -> Iterator[dict[str, Any]]:
    dimensions = [
        {"Name": "FunctionName", "Value": shape.name},
        {"Name": "Resource", "Value": f"{shape.name}:{provisioned.alias}"},
    ]
    yield {
        "MetricName": "ProvisionedConcurrencyUtilization",
        "Dimensions": dimensions,
        "Value": provisioned.peak_utilization,
    }
    if provisioned.calls_per_day:
        yield {
            "MetricName": "ProvisionedConcurrencyInvocations",
            "Dimensions": dimensions,
            "Value": provisioned.calls_per_day,
        }


def _days(midnight: datetime) -> Sequence[datetime]:
    """Return the starts of the last 14 whole days, oldest first."""
    return [midnight - timedelta(days=number) for number in range(DAYS, 0, -1)]
