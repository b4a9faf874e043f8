"""Reads one tag of all functions of a region: one request for every 100 functions that have it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from agent.analyst.account.clients import Clients
from agent.analyst.account.reading import Reading
from agent.analyst.analysis.profile import FunctionProfile


def with_owners(
    clients: Clients, reading: Reading, region: str, profiles: Sequence[FunctionProfile], tag: str
) -> list[FunctionProfile]:
    """Return the functions of a region with the value of a tag as their owner.

    Args:
        clients: Clients of the analysed account.
        reading: Holds the stop signal, the time budget and the gaps.
        region: The region.
        profiles: Its functions.
        tag: The tag's key; empty to read nothing.
    """
    if not tag or not profiles:
        return list(profiles)
    pages, _ = reading.pages(
        clients.get("resourcegroupstaggingapi", region)
        .get_paginator("get_resources")
        .paginate(ResourceTypeFilters=["lambda:function"], TagFilters=[{"Key": tag}], ResourcesPerPage=100),
        source="tag:GetResources",
        region=region,
        effect=f"functions whose tag {tag} could not be read are among those without it",
    )
    values = {
        resource["ResourceARN"]: next((one["Value"] for one in resource["Tags"] if one["Key"] == tag), None)
        for page in pages
        for resource in page["ResourceTagMappingList"]
    }
    return [replace(profile, owner=values.get(profile.arn)) for profile in profiles]
