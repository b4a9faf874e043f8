"""Old versions of a function: which ones they are, and how to delete them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from shlex import quote

from agent.analyst.analysis.facts.configuration import Version
from agent.analyst.analysis.finding import Change
from agent.analyst.analysis.profile import FunctionProfile
from agent.analyst.rules.changes import NEW_VERSION, target

# The current version, and the one before it to go back to.
KEPT = 2
_MAX_NAMED = 5

RISK = (
    "A caller may use a version by its number. AWS refuses to delete a version that an alias names: those stay. Keep "
    "the versions that you may want to go back to."
)


def existing(profile: FunctionProfile) -> Sequence[Version]:
    """Return the versions of today, without one that an earlier change publishes."""
    return [version for version in profile.versions or () if version.number != NEW_VERSION]


def old(profile: FunctionProfile, published: Sequence[Version]) -> Sequence[Version]:
    """Return the versions, the oldest first, that are not among the newest and that nothing known uses."""
    used = {one.qualifier for one in profile.provisioned or ()}
    used |= {source.qualifier for source in profile.event_sources or () if source.qualifier}
    return [version for version in published[:-KEPT] if version.number not in used]


def named(published: Sequence[Version]) -> str:
    """Name the oldest versions and count the others."""
    more = f" and {len(published) - _MAX_NAMED:,} more" if len(published) > _MAX_NAMED else ""
    return ", ".join(version.number for version in published[:_MAX_NAMED]) + more


def without(profile: FunctionProfile, published: Sequence[Version]) -> FunctionProfile:
    """Return the function after the deletion of versions."""
    return replace(profile, versions=tuple(version for version in profile.versions or () if version not in published))


def deletion(profile: FunctionProfile, published: Sequence[Version]) -> Change:
    """Return the change that deletes versions."""
    return Change(
        summary=f"Delete {len(published):,} old versions",
        cli="\n".join(
            f"aws lambda delete-function {target(profile)} --qualifier {quote(version.number)}" for version in published
        ),
        undo="# Deleted versions do not come back: publish their code again.",
        pulumi="aws.lambda_.Function.skip_destroy = False, so that Pulumi does not keep old versions",
    )
