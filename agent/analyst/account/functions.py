"""Discovery: every function of a region with its configuration and what is provisioned for it.

A region takes one request for every 50 functions, and then a function takes

- one for its provisioned concurrency, and one more for each alias or version that has some;
- if it ran, one for its reserved concurrency, and one for its versions unless something is provisioned for them.
"""

from __future__ import annotations

import collections
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from agent.analyst.account.reading import Reading
from agent.analyst.analysis.estate import Gap
from agent.analyst.analysis.profile import Architecture, FunctionProfile, PackageType, ProvisionedConcurrency, Window

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

Kind = TypeVar("Kind", bound=StrEnum)

_MOST_NAMED = 5


class _UnknownKindError(Exception):
    """AWS says something that it did not when this was written."""


def list_functions(client: LambdaClient, reading: Reading, region: str, window: Window) -> list[FunctionProfile]:
    """Every function of a region, as configured; its use is read later.

    Functions of a kind that AWS has added since are left out, since nothing here holds for them, and are a gap.
    """
    profiles: list[FunctionProfile] = []
    unknown: dict[str, list[str]] = collections.defaultdict(list)
    for page in client.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 50}):
        for function in page["Functions"]:
            try:
                profiles.append(_profile(function, region, window))
            except _UnknownKindError as error:
                unknown[str(error)].append(function["FunctionName"])
    for reason, names in unknown.items():
        more = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
        reading.add(
            Gap(
                source="lambda:ListFunctions",
                region=region,
                reason=f"{reason}: {', '.join(names[:_MOST_NAMED])}{more}",
                effect="functions of that kind are left out",
            ),
            names,
        )
    return profiles


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
        architecture=_architecture(function),
        package_type=_known(PackageType, function.get("PackageType", "Zip")),
        memory_mb=function["MemorySize"],
        timeout_seconds=function["Timeout"],
        ephemeral_storage_mb=function.get("EphemeralStorage", {}).get("Size", 512),
        layers=tuple(layer["Arn"] for layer in function.get("Layers", [])),
        last_modified=modified,
        known_since=modified,
        window=window,
        log_group_name=log_group_name(function),
        logs_as_json=function.get("LoggingConfig", {}).get("LogFormat") == "JSON",
        managed_instances=bool(function.get("CapacityProviderConfig")),
    )


def _architecture(configuration: Mapping[str, Any]) -> Architecture:
    return _known(Architecture, configuration.get("Architectures", ["x86_64"])[0])


def _known(kind: type[Kind], value: str) -> Kind:
    try:
        return kind(value)
    except ValueError as error:
        raise _UnknownKindError(f"{kind.__name__} {value} is not known to this analysis") from error


def read_provisioned(
    client: LambdaClient, reading: Reading, profile: FunctionProfile
) -> tuple[ProvisionedConcurrency, ...] | None:
    """What is provisioned for a function's aliases and versions, without its use; None where it is not told."""

    def read() -> tuple[ProvisionedConcurrency, ...]:
        pages = client.get_paginator("list_provisioned_concurrency_configs").paginate(FunctionName=profile.name)
        return tuple(
            ProvisionedConcurrency(
                qualifier=config["FunctionArn"].rpartition(":")[2],
                units=config["RequestedProvisionedConcurrentExecutions"],
                peak_utilization=None,
            )
            for page in pages
            for config in page["ProvisionedConcurrencyConfigs"]
        )

    found = reading.attempt(
        read,
        source="lambda:ListProvisionedConcurrencyConfigs",
        region=profile.region,
        effect="provisioned concurrency is not judged",
        about=[profile.name],
    )
    return None if found is None else tuple(_as_provisioned_for(client, reading, profile, one) for one in found)


def _as_provisioned_for(
    client: LambdaClient, reading: Reading, profile: FunctionProfile, provisioned: ProvisionedConcurrency
) -> ProvisionedConcurrency:
    """The same, with what its version has unlike the function: that was configured when the version was published."""
    source = "lambda:GetFunctionConfiguration"
    effect = "provisioned concurrency is priced as its function is configured, not as its version is"
    version = reading.attempt(
        lambda: client.get_function_configuration(FunctionName=profile.name, Qualifier=provisioned.qualifier),
        source=source,
        region=profile.region,
        effect=effect,
        about=[profile.name],
    )
    if version is None:
        return provisioned
    try:
        architecture = _architecture(version)
    except _UnknownKindError as error:
        reading.add(Gap(source=source, region=profile.region, reason=str(error), effect=effect), [profile.name])
        return provisioned
    return replace(
        provisioned,
        memory_mb=version["MemorySize"] if version["MemorySize"] != profile.memory_mb else None,
        architecture=architecture if architecture is not profile.architecture else None,
    )


def read_versions(client: LambdaClient, reading: Reading, profile: FunctionProfile) -> bool | None:
    """Whether versions of a function are published; None where it is not told.

    Nothing is provisioned but for a version, by itself or through an alias, so that a function may tell by that.
    """
    if profile.provisioned:
        return True
    # The first is $LATEST, which every function has, so a second one is enough.
    listed = reading.attempt(
        lambda: client.list_versions_by_function(FunctionName=profile.name, MaxItems=2),
        source="lambda:ListVersionsByFunction",
        region=profile.region,
        effect="whether an alias or version keeps what it was published with is not known",
        about=[profile.name],
    )
    return None if listed is None else any(version["Version"] != "$LATEST" for version in listed["Versions"])


def read_reserved(client: LambdaClient, reading: Reading, profile: FunctionProfile) -> int | None:
    """How many instances are reserved for a function; None for no limit of its own, or where it is not told."""
    return reading.attempt(
        lambda: client.get_function_concurrency(FunctionName=profile.name).get("ReservedConcurrentExecutions"),
        source="lambda:GetFunctionConcurrency",
        region=profile.region,
        effect="reserved concurrency is not shown",
        about=[profile.name],
    )
