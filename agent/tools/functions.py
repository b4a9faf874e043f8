"""Discovery: every function of a region with its configuration and what is provisioned for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from agent.analysis.estate import Gap
from agent.analysis.profile import Architecture, FunctionProfile, PackageType, ProvisionedConcurrency, Window
from agent.tools.reading import Reading

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

# Provisioned concurrency sits on aliases and versions. Deployments leave versions behind by the hundred; it is the
# newest that are in use.
MOST_VERSIONS = 20

_NO_PROVISIONED = "ProvisionedConcurrencyConfigNotFoundException"


def list_functions(client: LambdaClient, region: str, window: Window) -> list[FunctionProfile]:
    """Every function of a region, as configured; its use is read later."""
    pages = client.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 50})
    return [_profile(function, region, window) for page in pages for function in page["Functions"]]


def log_group_name(configuration: Mapping[str, Any]) -> str:
    """Where a function logs to."""
    return str(configuration.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{configuration['FunctionName']}")


def _profile(function: Mapping[str, Any], region: str, window: Window) -> FunctionProfile:
    modified = datetime.fromisoformat(function["LastModified"])
    return FunctionProfile(
        arn=function["FunctionArn"],
        name=function["FunctionName"],
        region=region,
        runtime=function.get("Runtime") or None,
        architecture=Architecture(function.get("Architectures", ["x86_64"])[0]),
        package_type=PackageType(function.get("PackageType", "Zip")),
        memory_mb=function["MemorySize"],
        timeout_seconds=function["Timeout"],
        ephemeral_storage_mb=function.get("EphemeralStorage", {}).get("Size", 512),
        layers=tuple(layer["Arn"] for layer in function.get("Layers", [])),
        last_modified=modified,
        known_since=modified,
        window=window,
        log_group_name=log_group_name(function),
        logs_as_json=function.get("LoggingConfig", {}).get("LogFormat") == "JSON",
    )


def read_provisioned(
    client: LambdaClient, reading: Reading, profile: FunctionProfile
) -> tuple[ProvisionedConcurrency, ...] | None:
    """What is provisioned for a function's aliases and newest versions, without its use; None where it is not told."""

    def read() -> tuple[ProvisionedConcurrency, ...]:
        return tuple(
            ProvisionedConcurrency(qualifier=qualifier, units=units, peak_utilization=None)
            for qualifier in _qualifiers(client, reading, profile)
            if (units := _provisioned_units(client, profile.name, qualifier))
        )

    return reading.attempt(
        read,
        source="lambda:GetProvisionedConcurrencyConfig",
        region=profile.region,
        effect="provisioned concurrency is not judged",
    )


def read_reserved(client: LambdaClient, reading: Reading, profile: FunctionProfile) -> int | None:
    """How many instances are reserved for a function; None for no limit of its own, or where it is not told."""
    return reading.attempt(
        lambda: client.get_function_concurrency(FunctionName=profile.name).get("ReservedConcurrentExecutions"),
        source="lambda:GetFunctionConcurrency",
        region=profile.region,
        effect="reserved concurrency is not shown",
    )


def _qualifiers(client: LambdaClient, reading: Reading, profile: FunctionProfile) -> Iterator[str]:
    """The function's aliases and its newest versions; nothing can be provisioned for $LATEST."""
    versions = [
        version["Version"]
        for page in client.get_paginator("list_versions_by_function").paginate(FunctionName=profile.name)
        for version in page["Versions"]
        if version["Version"] != "$LATEST"
    ]
    if not versions:
        return
    for page in client.get_paginator("list_aliases").paginate(FunctionName=profile.name):
        yield from (alias["Name"] for alias in page["Aliases"])
    yield from sorted(versions, key=int, reverse=True)[:MOST_VERSIONS]
    if len(versions) > MOST_VERSIONS:
        reading.add(
            Gap(
                source="lambda:GetProvisionedConcurrencyConfig",
                region=profile.region,
                reason=f"only the {MOST_VERSIONS} newest versions are asked",
                effect="provisioned concurrency on older versions without an alias is not judged",
            )
        )


def _provisioned_units(client: LambdaClient, name: str, qualifier: str) -> int:
    try:
        answer = client.get_provisioned_concurrency_config(FunctionName=name, Qualifier=qualifier)
    except client.exceptions.ProvisionedConcurrencyConfigNotFoundException:
        return 0
    return answer["RequestedProvisionedConcurrentExecutions"]
