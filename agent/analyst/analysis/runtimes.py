"""Lambda's runtimes: when AWS ends their support, and which of them run on arm64.

Source of the dates: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html, November 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType


@dataclass(frozen=True, kw_only=True)
class Lifecycle:
    """The end of a runtime's support.

    Attributes:
        identifier: The identifier in a function's configuration.
        deprecated: The day from which AWS publishes no security updates.
        update_blocked: The day from which AWS refuses updates of its functions; None if no day is set.
        successor: The runtime to move to: the same language version if it is still supported, or the latest one.
    """

    identifier: str
    deprecated: date
    update_blocked: date | None
    successor: str


def _lifecycle(identifier: str, deprecated: str, update_blocked: str, successor: str) -> Lifecycle:
    return Lifecycle(
        identifier=identifier,
        deprecated=date.fromisoformat(deprecated),
        update_blocked=date.fromisoformat(update_blocked) if update_blocked else None,
        successor=successor,
    )


LIFECYCLES: Mapping[str, Lifecycle] = MappingProxyType(
    {
        lifecycle.identifier: lifecycle
        for lifecycle in (
            _lifecycle("nodejs", "2016-10-31", "2016-10-31", "nodejs24.x"),
            _lifecycle("nodejs4.3", "2020-03-05", "2020-03-05", "nodejs24.x"),
            _lifecycle("nodejs4.3-edge", "2020-03-05", "2020-03-05", "nodejs24.x"),
            _lifecycle("nodejs6.10", "2019-08-12", "2019-08-12", "nodejs24.x"),
            _lifecycle("nodejs8.10", "2020-03-06", "2020-03-06", "nodejs24.x"),
            _lifecycle("nodejs10.x", "2021-07-30", "2022-02-14", "nodejs24.x"),
            _lifecycle("nodejs12.x", "2023-03-31", "2023-04-30", "nodejs24.x"),
            _lifecycle("nodejs14.x", "2023-12-04", "2027-03-03", "nodejs24.x"),
            _lifecycle("nodejs16.x", "2024-06-12", "2027-03-03", "nodejs24.x"),
            _lifecycle("nodejs18.x", "2025-09-01", "2027-03-03", "nodejs24.x"),
            _lifecycle("nodejs20.x", "2026-04-30", "2027-03-03", "nodejs24.x"),
            _lifecycle("nodejs22.x", "2027-04-30", "2027-07-01", "nodejs24.x"),
            _lifecycle("python2.7", "2021-07-15", "2022-05-30", "python3.14"),
            _lifecycle("python3.6", "2022-07-18", "2022-08-29", "python3.14"),
            _lifecycle("python3.7", "2023-12-04", "2027-03-03", "python3.14"),
            _lifecycle("python3.8", "2024-10-14", "2027-03-03", "python3.14"),
            _lifecycle("python3.9", "2025-12-15", "2027-03-03", "python3.14"),
            _lifecycle("python3.10", "2026-10-31", "2027-03-03", "python3.14"),
            _lifecycle("python3.11", "2027-06-30", "2027-08-31", "python3.14"),
            _lifecycle("python3.12", "2028-10-31", "2029-01-10", "python3.14"),
            _lifecycle("java8", "2024-01-08", "2027-03-03", "java25"),
            _lifecycle("java8.al2", "2027-06-30", "2027-08-31", "java8.al2023"),
            _lifecycle("java11", "2027-06-30", "2027-08-31", "java11.al2023"),
            _lifecycle("java17", "2027-06-30", "2027-08-31", "java17.al2023"),
            _lifecycle("dotnetcore1.0", "2019-07-30", "2019-07-30", "dotnet10"),
            _lifecycle("dotnetcore2.0", "2019-05-30", "2019-05-30", "dotnet10"),
            _lifecycle("dotnetcore2.1", "2022-01-05", "2022-04-13", "dotnet10"),
            _lifecycle("dotnetcore3.1", "2023-04-03", "2023-05-03", "dotnet10"),
            _lifecycle("dotnet6", "2024-12-20", "2027-03-03", "dotnet10"),
            _lifecycle("dotnet8", "2026-11-10", "2027-03-03", "dotnet10"),
            _lifecycle("go1.x", "2024-01-08", "2027-03-03", "provided.al2023"),
            _lifecycle("ruby2.5", "2021-07-30", "2022-03-31", "ruby4.0"),
            _lifecycle("ruby2.7", "2023-12-07", "2027-03-03", "ruby4.0"),
            _lifecycle("ruby3.2", "2026-03-31", "2027-03-03", "ruby4.0"),
            _lifecycle("ruby3.3", "2027-03-31", "2027-05-31", "ruby4.0"),
            _lifecycle("provided", "2024-01-08", "2027-03-03", "provided.al2023"),
            _lifecycle("provided.al2", "2026-07-31", "2027-03-03", "provided.al2023"),
        )
    }
)

CURRENT = frozenset(
    {
        "custom",
        "dotnet10",
        "java8.al2023",
        "java11.al2023",
        "java17.al2023",
        "java21",
        "java25",
        "nodejs24.x",
        "nodejs26.x",
        "provided.al2023",
        "python3.13",
        "python3.14",
        "python3.15",
        "ruby3.4",
        "ruby4.0",
    }
)
"""Runtimes that AWS deprecates in 2028 at the earliest, or without a published date."""

# Runtimes that are older than Lambda on Graviton, so they exist on x86_64 only.
_ONLY_X86 = frozenset(
    {
        "dotnetcore1.0",
        "dotnetcore2.0",
        "dotnetcore2.1",
        "go1.x",
        "java8",
        "nodejs",
        "nodejs4.3",
        "nodejs4.3-edge",
        "nodejs6.10",
        "nodejs8.10",
        "nodejs10.x",
        "provided",
        "python2.7",
        "python3.6",
        "python3.7",
        "ruby2.5",
    }
)
# A custom runtime; its processor is not known.
_CUSTOM = "custom"
_MACHINE_CODE_PREFIXES = ("provided", "go")


def runs_on_arm64(identifier: str | None) -> bool:
    """Return whether the runtime exists on arm64. An unknown runtime is a newer one, and all newer ones do."""
    return bool(identifier) and identifier not in _ONLY_X86 and identifier != _CUSTOM


def updates_blocked(identifier: str | None, today: date) -> bool:
    """Return whether AWS refuses updates of the runtime's functions, except to another runtime."""
    lifecycle = LIFECYCLES.get(identifier or "")
    return lifecycle is not None and lifecycle.update_blocked is not None and lifecycle.update_blocked <= today


def compiles_to_machine_code(identifier: str | None) -> bool:
    """Return whether the runtime's functions are compiled for one processor."""
    return bool(identifier) and identifier.startswith(_MACHINE_CODE_PREFIXES)  # type: ignore[union-attr]


# https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html
_FREE_SNAPSHOTS = ("java11", "java17", "java21", "java25")
_BILLED_SNAPSHOTS = ("python3.12", "python3.13", "python3.14", "python3.15", "dotnet8", "dotnet10")


def has_free_snapshots(runtime: str | None) -> bool:
    """Return whether SnapStart supports a runtime, and is free for it."""
    return (runtime or "").startswith(_FREE_SNAPSHOTS)


def has_billed_snapshots(runtime: str | None) -> bool:
    """Return whether SnapStart supports a runtime, and AWS bills its snapshots."""
    return (runtime or "").startswith(_BILLED_SNAPSHOTS)
