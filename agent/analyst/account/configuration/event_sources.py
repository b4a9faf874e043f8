"""Reads the queues and streams that Lambda polls: one request for every 100 event source mappings of a region."""

from __future__ import annotations

import collections
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from agent.analyst.account.reading import Reading
from agent.analyst.analysis.facts.configuration import EventSource
from agent.analyst.analysis.profile import FunctionProfile

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_lambda.type_defs import EventSourceMappingConfigurationTypeDef

_NOT_POLLED = {"Disabled", "Disabling", "Deleting"}


def with_event_sources(
    client: LambdaClient, reading: Reading, region: str, profiles: Sequence[FunctionProfile]
) -> list[FunctionProfile]:
    """Return the functions of a region with their event sources; without, if not all could be read."""
    pages, complete = reading.pages(
        client.get_paginator("list_event_source_mappings").paginate(PaginationConfig={"PageSize": 100}),
        source="lambda:ListEventSourceMappings",
        region=region,
        effect="queues and streams that are polled for functions are not known",
    )
    if not complete:
        return list(profiles)
    found: dict[str, list[EventSource]] = collections.defaultdict(list)
    for page in pages:
        for mapping in page["EventSourceMappings"]:
            # arn:aws:lambda:<region>:<account>:function:<name>[:<qualifier>]
            _, name, *qualifier = mapping["FunctionArn"].split(":")[5:]
            found[name].append(_event_source(mapping, qualifier[0] if qualifier else None))
    return [replace(profile, event_sources=tuple(found[profile.name])) for profile in profiles]


def _event_source(mapping: EventSourceMappingConfigurationTypeDef, qualifier: str | None) -> EventSource:
    arn = mapping.get("EventSourceArn")
    return EventSource(
        service=arn.split(":")[2] if arn else "self-managed-kafka",
        arn=arn,
        enabled=mapping.get("State") not in _NOT_POLLED,
        qualifier=qualifier,
        batch_size=mapping.get("BatchSize"),
        batching_window_seconds=mapping.get("MaximumBatchingWindowInSeconds") or 0,
        max_concurrency=mapping.get("ScalingConfig", {}).get("MaximumConcurrency"),
        minimum_pollers=mapping.get("ProvisionedPollerConfig", {}).get("MinimumPollers"),
    )
