"""The stage that reads the usage of a region's functions: CloudWatch's values and provisioned concurrency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from agent.analyst.account.clients import Clients
from agent.analyst.account.configuration import concurrency
from agent.analyst.account.reading import Reading
from agent.analyst.account.usage import metrics
from agent.analyst.account.usage.series import Daily, Series, read_series
from agent.analyst.analysis.estate import Gap
from agent.analyst.analysis.facts.account import RegionFacts
from agent.analyst.analysis.profile import FunctionProfile, Window


def read(
    clients: Clients,
    reading: Reading,
    window: Window,
    surroundings: RegionFacts,
    profiles: Sequence[FunctionProfile],
) -> tuple[RegionFacts, list[FunctionProfile]]:
    """Return the functions of a region with their usage and their provisioned and reserved concurrency.

    The facts of the region get the use of the concurrency that its functions share.
    """
    if not profiles:
        return surroundings, []
    region = surroundings.region
    client, cloudwatch = clients.get("lambda", region), clients.get("cloudwatch", region)

    def series(window: Window, wanted: Sequence[Series]) -> dict[Series, Daily]:
        effect = "usage is not known, so most rules cannot decide"
        return read_series(cloudwatch, reading, window, region, wanted, effect=effect)

    profiles = reading.each(
        lambda profile: replace(profile, provisioned=concurrency.read_provisioned(client, reading, profile)),
        profiles,
        doing=f"Reading the provisioned concurrency of {region}",
    )
    # GetMetricData is never free: first one metric of each function, then the others only where they can differ from 0.
    longer = metrics.lookback(window)
    found = series(longer, metrics.totals_series() + [metrics.invocations_series(profile) for profile in profiles])
    ran = [profile for profile in profiles if metrics.ran(profile, found)]
    silent = [profile for profile in profiles if metrics.ran(profile, found) is False]
    throttles = [metrics.throttles_series(profile) for profile in silent]
    details = [one for profile in ran for one in metrics.details_series(profile)]
    known: dict[Series, Daily] = {one: {} for one in (*throttles, *details) if metrics.is_zero(one, found)}
    found |= known
    found |= series(longer, [one for one in throttles if one not in known])
    found |= series(
        window,
        [
            *(one for one in details if one not in known),
            *(
                one
                for profile in profiles
                for provisioned in profile.provisioned or ()
                for one in metrics.provisioned_series(profile, provisioned)
            ),
        ],
    )

    profiles = [_with_usage(profile, found) for profile in profiles]
    closer = read_series(
        cloudwatch,
        reading,
        window,
        region,
        [one for profile in profiles for one in metrics.closer_series(profile)],
        effect="asynchronous calls and the time of extensions are not judged",
    )
    profiles = [metrics.with_closer_look(profile, closer) for profile in profiles]
    if surroundings.has_reserved_concurrency and ran:
        shared = read_series(
            cloudwatch,
            reading,
            window,
            region,
            [metrics.unreserved_series()],
            effect="whether functions without reserved concurrency have enough is not known",
        )
        surroundings = replace(surroundings, unreserved_peak=_unreserved_peak(shared))
        ran_keys = {profile.key for profile in ran}
        profiles = reading.each(
            lambda profile: (
                replace(profile, reserved_concurrency=concurrency.read_reserved(client, reading, profile))
                if profile.key in ran_keys
                else profile
            ),
            profiles,
            doing=f"Reading the reserved concurrency of {region}",
        )
    for profile in profiles:
        _note_unmeasured(reading, profile, found)
    return surroundings, profiles


def _unreserved_peak(found: Mapping[Series, Daily]) -> int | None:
    daily = found.get(metrics.unreserved_series())
    return round(max(daily.values())) if daily else None


def _note_unmeasured(reading: Reading, profile: FunctionProfile, found: Mapping[Series, Daily]) -> None:
    for one in profile.provisioned or ():
        utilization, _ = metrics.provisioned_series(profile, one)
        if one.peak_utilization is None and utilization in found:
            reading.add(
                Gap(
                    source="cloudwatch:GetMetricData",
                    region=profile.region,
                    reason=f"there is no {utilization.metric} in the window",
                    effect="provisioned concurrency without this metric is not judged",
                ),
                [profile.name],
            )


def _with_usage(profile: FunctionProfile, found: Mapping[Series, Daily]) -> FunctionProfile:
    used = replace(profile.with_activity(metrics.first_activity(profile, found)), usage=metrics.usage(profile, found))
    if used.provisioned is None:
        return used
    return replace(used, provisioned=tuple(metrics.provisioned_usage(used, one, found) for one in used.provisioned))
