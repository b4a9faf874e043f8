"""Event sources of a function: how rules name, disable and delete them."""

from __future__ import annotations

from collections.abc import Sequence
from shlex import quote

from agent.analyst.analysis.facts.configuration import EventSource
from agent.analyst.analysis.profile import FunctionProfile
from agent.analyst.rules.changes import target

_MAX_NAMED = 5
_ENABLED = quote("EventSourceMappings[?State=='Enabled'].UUID")
_ALL = quote("EventSourceMappings[].UUID")


def named(sources: Sequence[EventSource]) -> str:
    """Name the first sources by service and name, and count the others."""
    more = f" and {len(sources) - _MAX_NAMED:,} more" if len(sources) > _MAX_NAMED else ""
    return ", ".join(map(_name, sources[:_MAX_NAMED])) + more


def disabling(profile: FunctionProfile) -> str:
    """Return the commands that note in a file what is polled, and stop polling it."""
    noted = f"{_listed(profile, _ENABLED)} > {_file(profile)}"
    return f"{noted}\n{_for_each(profile, f'cat {_file(profile)}', 'update-event-source-mapping', ' --no-enabled')}"


def enabling(profile: FunctionProfile) -> str:
    """Return the command that polls again what the file names."""
    return _for_each(profile, f"cat {_file(profile)}", "update-event-source-mapping", " --enabled")


def deletion(profile: FunctionProfile) -> str:
    """Return the command that deletes the event sources. They would stay when the function is deleted."""
    return _for_each(profile, _listed(profile, _ALL), "delete-event-source-mapping")


def _listed(profile: FunctionProfile, query: str) -> str:
    return f"aws lambda list-event-source-mappings {target(profile)} --query {query} --output text"


def _file(profile: FunctionProfile) -> str:
    return quote(f"{profile.name}.polled.txt")


def _for_each(profile: FunctionProfile, listing: str, operation: str, options: str = "") -> str:
    command = f'aws lambda {operation} --region {profile.region} --uuid "$uuid"{options}'
    return f"for uuid in $({listing}); do {command}; done"


def _name(source: EventSource) -> str:
    return source.service if source.arn is None else f"{source.service} {source.arn.rpartition(':')[2]}"
