"""Reads the limits of a region, its capacity providers, and the number of its web functions and MicroVMs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from agent.analyst.account.clients import Clients
from agent.analyst.account.reading import Reading
from agent.analyst.analysis.estate import Gap
from agent.analyst.analysis.facts.account import CapacityProvider, RegionFacts
from agent.analyst.analysis.profile import FunctionProfile

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_ENDED = {"TERMINATING", "TERMINATED"}
_NOT_PRICED = "AWS lists them apart from functions, and their metrics have another namespace"


def read(clients: Clients, reading: Reading, region: str) -> RegionFacts:
    """Read the limits of a region, and count its web functions and MicroVMs, which become a gap."""
    settings = reading.attempt(
        lambda: clients.get("lambda", region).get_account_settings(),
        source="lambda:GetAccountSettings",
        region=region,
        effect="whether reserved concurrency leaves enough to other functions, and code enough space, is not known",
    )
    limit, usage = ({}, {}) if settings is None else (settings["AccountLimit"], settings["AccountUsage"])
    web_functions = _count_web_functions(clients, reading, region)
    microvms = _count_microvms(clients, reading, region)
    for count, kind, source in (
        (web_functions, "web functions", "lambda:ListWebFunctions"),
        (microvms, "MicroVMs", "lambda:ListMicrovms"),
    ):
        if count:
            effect = f"the cost of the region's {count:,} {kind} is not included"
            reading.add(Gap(source=source, region=region, reason=_NOT_PRICED, effect=effect))
    return RegionFacts(
        region=region,
        concurrency_limit=limit.get("ConcurrentExecutions"),
        unreserved_concurrency=limit.get("UnreservedConcurrentExecutions"),
        code_bytes=usage.get("TotalCodeSize"),
        code_limit_bytes=limit.get("TotalCodeSize"),
        web_functions=web_functions,
        microvms=microvms,
    )


def _count_web_functions(clients: Clients, reading: Reading, region: str) -> int | None:
    pages, complete = reading.pages(
        clients.get("lambda-web", region).get_paginator("list_web_functions").paginate(),
        source="lambda:ListWebFunctions",
        region=region,
        effect="web functions are neither counted nor priced",
    )
    return sum(len(page["functions"]) for page in pages) if complete else None


def _count_microvms(clients: Clients, reading: Reading, region: str) -> int | None:
    pages, complete = reading.pages(
        clients.get("lambda-microvms", region).get_paginator("list_microvms").paginate(),
        source="lambda:ListMicrovms",
        region=region,
        effect="MicroVMs are neither counted nor priced",
    )
    return sum(item["state"] not in _ENDED for page in pages for item in page["items"]) if complete else None


def capacity_providers(
    client: LambdaClient, reading: Reading, region: str, profiles: Sequence[FunctionProfile]
) -> tuple[CapacityProvider, ...]:
    """Return the capacity providers of a region, if one of its functions has one."""
    if not any(profile.capacity_provider_arn for profile in profiles):
        return ()
    pages, _ = reading.pages(
        client.get_paginator("list_capacity_providers").paginate(),
        source="lambda:ListCapacityProviders",
        region=region,
        effect="the instances of Lambda Managed Instances are not described",
    )
    return tuple(
        CapacityProvider(
            arn=one["CapacityProviderArn"],
            architectures=tuple(one.get("InstanceRequirements", {}).get("Architectures", ())),
            instance_types=tuple(one.get("InstanceRequirements", {}).get("AllowedInstanceTypes", ())),
            max_vcpus=one.get("CapacityProviderScalingConfig", {}).get("MaxVCpuCount"),
        )
        for page in pages
        for one in page["CapacityProviders"]
    )
