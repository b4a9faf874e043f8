"""The analyst's own settings, read from the environment variables that `components/runtime/analyst.py` declares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agent.analyst.variables import ANALYSIS_REGIONS, REFRESH_PRICES
from agent.harness.environment import SettingsError


@dataclass(frozen=True, kw_only=True)
class AnalystSettings:
    """What the environment sets for the analyst.

    Attributes:
        regions: Regions that the analyst looks at; empty for the runtime's own.
        refresh_prices: Whether the analyst asks AWS for its price list.
    """

    regions: tuple[str, ...] = ()
    refresh_prices: bool = False


def read(environment: Mapping[str, str]) -> AnalystSettings:
    """Read the settings, from `os.environ` for instance.

    Raises:
        SettingsError: A variable is malformed.
    """
    refresh = environment.get(REFRESH_PRICES) or "false"
    if refresh not in {"true", "false"}:
        raise SettingsError([f"{REFRESH_PRICES} is {refresh!r}: set true or false"])
    regions = (environment.get(ANALYSIS_REGIONS) or "").split(",")
    return AnalystSettings(
        regions=tuple(name.strip() for name in regions if name.strip()), refresh_prices=refresh == "true"
    )
