"""Reads the published versions of all functions of a region: one request for every 50 versions."""

from __future__ import annotations

import collections
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from agent.analyst.account.reading import Reading
from agent.analyst.analysis.facts.configuration import Version
from agent.analyst.analysis.profile import FunctionProfile

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_lambda.type_defs import ListFunctionsResponseTypeDef

_LATEST = "$LATEST"


def with_versions(
    client: LambdaClient, reading: Reading, region: str, profiles: Sequence[FunctionProfile]
) -> list[FunctionProfile]:
    """Return the functions of a region with their versions.

    If not all pages could be read, a function keeps the versions that were found. Without any, nothing is known.
    """
    pages, complete = reading.pages(
        client.get_paginator("list_functions").paginate(FunctionVersion="ALL", PaginationConfig={"PageSize": 50}),
        source="lambda:ListFunctions",
        region=region,
        effect="whether functions have aliases and versions that keep their configuration is not known",
        missing=lambda pages: [profile.name for profile in profiles if profile.name not in _versions(pages)],
    )
    found = _versions(pages)

    def with_own(profile: FunctionProfile) -> FunctionProfile:
        versions = found.get(profile.name, () if complete else None)
        return replace(profile, versions=versions, has_versions=None if versions is None else bool(versions))

    return [with_own(profile) for profile in profiles]


def _versions(pages: Iterable[ListFunctionsResponseTypeDef]) -> Mapping[str, tuple[Version, ...]]:
    found: dict[str, list[Version]] = collections.defaultdict(list)
    for page in pages:
        for one in page["Functions"]:
            if one["Version"] != _LATEST:
                found[one["FunctionName"]].append(
                    Version(
                        number=one["Version"],
                        published=datetime.fromisoformat(one["LastModified"]),
                        memory_mb=one["MemorySize"],
                        code_bytes=one["CodeSize"],
                        snap_start=one.get("SnapStart", {}).get("OptimizationStatus") == "On",
                        runtime=one.get("Runtime") or None,
                    )
                )
    return {name: tuple(sorted(versions, key=_age)) for name, versions in found.items()}


def _age(version: Version) -> tuple[datetime, int]:
    # `$LATEST.PUBLISHED` of managed instances has no number.
    return version.published, int(version.number) if version.number.isdigit() else 0
