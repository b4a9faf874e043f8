"""Reads the functions of a region with their configuration: one request for every 50 functions."""

from __future__ import annotations

import collections
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from agent.analyst.account.reading import Reading
from agent.analyst.analysis.estate import Gap
from agent.analyst.analysis.facts.configuration import DEFAULT_RETENTION_DAYS, DurableConfig
from agent.analyst.analysis.profile import (
    LOG_GROUP_PREFIX,
    Architecture,
    FunctionProfile,
    PackageType,
    Window,
)

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

Kind = TypeVar("Kind", bound=StrEnum)

_MAX_NAMED = 5


class UnknownKindError(Exception):
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
            except UnknownKindError as error:
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
        architecture=architecture(function),
        package_type=_known(PackageType, function.get("PackageType", "Zip")),
        memory_mb=function["MemorySize"],
        timeout_seconds=function["Timeout"],
        ephemeral_storage_mb=function.get("EphemeralStorage", {}).get("Size", 512),
        layers=tuple(layer["Arn"] for layer in function.get("Layers", [])),
        layers_bytes=tuple(layer.get("CodeSize", 0) for layer in function.get("Layers", [])),
        code_bytes=function.get("CodeSize"),
        last_modified=modified,
        known_since=modified,
        window=window,
        log_group_name=log_group_name(function),
        logs_as_json=function.get("LoggingConfig", {}).get("LogFormat") == "JSON",
        managed_instances=bool(function.get("CapacityProviderConfig")),
        capacity_provider_arn=function.get("CapacityProviderConfig", {})
        .get("LambdaManagedInstancesCapacityProviderConfig", {})
        .get("CapacityProviderArn"),
        snap_start=function.get("SnapStart", {}).get("ApplyOn") == "PublishedVersions",
        durable=_durable(function.get("DurableConfig")),
        has_dead_letter_queue=bool(function.get("DeadLetterConfig", {}).get("TargetArn")),
    )


def _durable(config: Mapping[str, Any] | None) -> DurableConfig | None:
    if not config:
        return None
    return DurableConfig(
        execution_timeout_seconds=config["ExecutionTimeout"],
        retention_days=config.get("RetentionPeriodInDays", DEFAULT_RETENTION_DAYS),
    )


def architecture(configuration: Mapping[str, Any]) -> Architecture:
    """Return the processor of a function or version.

    Raises:
        UnknownKindError: The processor is newer than this code.
    """
    return _known(Architecture, configuration.get("Architectures", ["x86_64"])[0])


def _known(kind: type[Kind], value: str) -> Kind:
    try:
        return kind(value)
    except ValueError as error:
        raise UnknownKindError(f"{kind.__name__} {value} is not known") from error
