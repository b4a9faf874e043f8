"""Reads functions: configuration, provisioned concurrency, reserved concurrency and versions.

Number of requests:

- per region: one for every 50 functions;
- per function: one for its provisioned concurrency, and one more for each alias or version that has some;
- per function that ran: one for its reserved concurrency, and one for its versions if it has no provisioned
  concurrency.
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
from agent.analyst.analysis.profile import (
    LOG_GROUP_PREFIX,
    Architecture,
    FunctionProfile,
    PackageType,
    ProvisionedConcurrency,
    Window,
)

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

Kind = TypeVar("Kind", bound=StrEnum)

_MAX_NAMED = 5


class _UnknownKindError(Exception):
    """AWS returned a value that is newer than this code."""


def list_functions(client: LambdaClient, reading: Reading, region: str, window: Window) -> list[FunctionProfile] | None:
    """List the functions of a region with their configuration, without their usage; None if no page could be read.

    Functions with an unknown architecture or package type are left out and become a gap. So do the functions after a
    page that could not be read.
    """
    profiles: list[FunctionProfile] = []
    unknown: dict[str, list[str]] = collections.defaultdict(list)
    pages, _ = reading.pages(
        client.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 50}),
        source="lambda:ListFunctions",
        region=region,
        effect="functions of this region are missing",
    )
    for page in pages:
        for function in page["Functions"]:
            try:
                profiles.append(_profile(function, region, window))
            except _UnknownKindError as error:
                unknown[str(error)].append(function["FunctionName"])
    for reason, names in unknown.items():
        more = f" and {len(names) - _MAX_NAMED:,} more" if len(names) > _MAX_NAMED else ""
        reading.add(
            Gap(
                source="lambda:ListFunctions",
                region=region,
                reason=f"{reason}: {', '.join(names[:_MAX_NAMED])}{more}",
                effect="functions of this kind are left out",
            ),
            names,
        )
    return profiles if pages else None


def log_group_name(configuration: Mapping[str, Any]) -> str:
    """Return the name of a function's log group."""
    return str(
        configuration.get("LoggingConfig", {}).get("LogGroup") or LOG_GROUP_PREFIX + configuration["FunctionName"]
    )


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
        raise _UnknownKindError(f"{kind.__name__} {value} is not known") from error


def read_provisioned(
    client: LambdaClient, reading: Reading, profile: FunctionProfile
) -> tuple[ProvisionedConcurrency, ...] | None:
    """Return a function's provisioned concurrency, without its use; None if it cannot be read."""

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
    """Add memory and architecture where the version differs from the function: it keeps its own configuration."""
    source = "lambda:GetFunctionConfiguration"
    effect = "provisioned concurrency is priced with its function's configuration, not with its version's"
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
    """Return whether versions of a function are published; None if that cannot be read."""
    # Provisioned concurrency always belongs to a published version, directly or through an alias.
    if profile.provisioned:
        return True
    # The first version is always $LATEST, so two are enough.
    listed = reading.attempt(
        lambda: client.list_versions_by_function(FunctionName=profile.name, MaxItems=2),
        source="lambda:ListVersionsByFunction",
        region=profile.region,
        effect="whether the function has aliases and versions that keep their configuration is not known",
        about=[profile.name],
    )
    return None if listed is None else any(version["Version"] != "$LATEST" for version in listed["Versions"])


def read_reserved(client: LambdaClient, reading: Reading, profile: FunctionProfile) -> int | None:
    """Return a function's reserved concurrency; None without one, or if it cannot be read."""
    return reading.attempt(
        lambda: client.get_function_concurrency(FunctionName=profile.name).get("ReservedConcurrentExecutions"),
        source="lambda:GetFunctionConcurrency",
        region=profile.region,
        effect="reserved concurrency is not shown",
        about=[profile.name],
    )
