"""Reads the analyst's settings from environment variables, which `components/runtime/analysis_access.py` declares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agent.analyst.variables import ANALYSIS_REGIONS, GROUP_BY_TAG, REFRESH_PRICES
from agent.harness.environment import SettingsError


@dataclass(frozen=True, kw_only=True)
class AnalystSettings:
    """The analyst's own settings.

    Attributes:
        regions: The regions to analyse; empty for the runtime's own region.
        refresh_prices: Whether to read AWS's current price list instead of using the built-in prices.
        group_by_tag: The key of the tag whose value is the owner of a function; empty for none.
    """

    regions: tuple[str, ...] = ()
    refresh_prices: bool = False
    group_by_tag: str = ""


def read(environment: Mapping[str, str]) -> AnalystSettings:
    """Read the settings from environment variables, for example `os.environ`.

    Raises:
        SettingsError: A variable has an invalid value.
    """
    refresh = environment.get(REFRESH_PRICES) or "false"
    if refresh not in {"true", "false"}:
        raise SettingsError([f"{REFRESH_PRICES} is {refresh!r}: set true or false"])
    regions = (environment.get(ANALYSIS_REGIONS) or "").split(",")
    return AnalystSettings(
        regions=tuple(name.strip() for name in regions if name.strip()),
        refresh_prices=refresh == "true",
        group_by_tag=environment.get(GROUP_BY_TAG) or "",
    )
