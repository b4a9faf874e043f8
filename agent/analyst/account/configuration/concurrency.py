"""Reads provisioned and reserved concurrency.

Number of requests: one for each function with versions, because only versions have provisioned concurrency, one more
for each alias or version that has some, and one for the reserved concurrency of each function that ran, unless the
region shows that no function has any.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from agent.analyst.account.configuration.functions import UnknownKindError, architecture
from agent.analyst.account.reading import Reading
from agent.analyst.analysis.estate import Gap
from agent.analyst.analysis.profile import FunctionProfile, ProvisionedConcurrency

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


def read_provisioned(
    client: LambdaClient, reading: Reading, profile: FunctionProfile
) -> tuple[ProvisionedConcurrency, ...] | None:
    """Return a function's provisioned concurrency, without its use; None if it cannot be read."""
    if profile.has_versions is False:
        return ()

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
        processor = architecture(version)
    except UnknownKindError as error:
        reading.add(Gap(source=source, region=profile.region, reason=str(error), effect=effect), [profile.name])
        return provisioned
    return replace(
        provisioned,
        memory_mb=version["MemorySize"] if version["MemorySize"] != profile.memory_mb else None,
        architecture=processor if processor is not profile.architecture else None,
    )


def read_reserved(client: LambdaClient, reading: Reading, profile: FunctionProfile) -> int | None:
    """Return a function's reserved concurrency; None without one, or if it cannot be read."""
    return reading.attempt(
        lambda: client.get_function_concurrency(FunctionName=profile.name).get("ReservedConcurrentExecutions"),
        source="lambda:GetFunctionConcurrency",
        region=profile.region,
        effect="reserved concurrency is not shown",
        about=[profile.name],
    )
