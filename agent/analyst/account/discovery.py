"""Lists the functions of all regions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from agent.analyst.account.clients import Clients
from agent.analyst.account.configuration import functions
from agent.analyst.account.reading import Reading
from agent.analyst.analysis.profile import FunctionProfile, Window


class NothingListedError(Exception):
    """The functions could not be listed in any region, so there is nothing to report."""


def list_regions(
    clients: Clients,
    reading: Reading,
    regions: Sequence[str],
    window: Window,
    report_progress: Callable[[str], None],
) -> list[FunctionProfile]:
    """List the functions of regions. A region that cannot be listed becomes a gap.

    Raises:
        NothingListedError: No region could be listed.
        StoppedError: The run must stop.
    """
    listed: list[FunctionProfile] = []
    answered = False
    for region in regions:
        report_progress(f"Listing the functions of {region}")
        found = functions.list_functions(clients.get("lambda", region), reading, region, window)
        answered = answered or found is not None
        listed += found or ()
    if not answered:
        reasons = ", ".join(f"{gap.region}: {gap.reason}" for gap in reading.gaps)
        raise NothingListedError(
            f"The functions could not be listed in any region ({reasons}): give the agent's role permission to call "
            "lambda:ListFunctions, and analyse only regions that the account uses"
        )
    return listed
