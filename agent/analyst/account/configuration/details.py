"""Reads details that need a request for each function, only for functions whose findings depend on them.

Lambda answers 15 such requests a second, for all functions of a region together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from agent.analyst.account.reading import Reading
from agent.analyst.analysis.estate import Gap
from agent.analyst.analysis.facts.configuration import DEFAULT_RETRIES, AsyncConfig, FunctionUrl
from agent.analyst.analysis.profile import FunctionProfile

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

# Of each kind: seven seconds of requests.
MOST_READ = 100


def with_details(
    client: LambdaClient, reading: Reading, region: str, profiles: Sequence[FunctionProfile]
) -> list[FunctionProfile]:
    """Return the functions of a region with the details that matter for them.

    Args:
        client: A client of the region.
        reading: Takes the gaps.
        region: The region.
        profiles: Its functions, the most expensive first.
    """
    silent = [profile for profile in profiles if profile.is_silent]
    ran = [profile for profile in profiles if profile.usage and profile.usage.invocations]
    failing = sorted((one for one in ran if _errors(one)), key=_errors, reverse=True)
    if len(silent) > MOST_READ:
        reading.add(
            Gap(
                source="lambda:ListFunctionUrlConfigs",
                region=region,
                reason=f"only {MOST_READ} functions without runs are asked for their URLs",
                effect="whether the others have a URL is not known",
            ),
            [profile.name for profile in silent[MOST_READ:]],
        )
    read = {profile.key: profile for profile in profiles}
    for chosen, with_detail in (
        (silent, _with_urls),
        (failing, _with_async_config),
        (ran, _with_recursion),
    ):
        keys = [profile.key for profile in chosen[:MOST_READ]]
        for profile in reading.each(lambda key: with_detail(client, reading, read[key]), keys):  # noqa: B023
            read[profile.key] = profile
    return list(read.values())


def _errors(profile: FunctionProfile) -> int:
    return profile.usage.errors if profile.usage else 0


def _with_urls(client: LambdaClient, reading: Reading, profile: FunctionProfile) -> FunctionProfile:
    page = reading.attempt(
        lambda: client.list_function_url_configs(FunctionName=profile.name),
        source="lambda:ListFunctionUrlConfigs",
        region=profile.region,
        effect="whether idle functions have a URL is not known",
        about=[profile.name],
    )
    if page is None:
        return profile
    urls = tuple(
        FunctionUrl(qualifier=_qualifier(one["FunctionArn"]), public=one["AuthType"] == "NONE")
        for one in page["FunctionUrlConfigs"]
    )
    return replace(profile, function_urls=urls)


def _with_async_config(client: LambdaClient, reading: Reading, profile: FunctionProfile) -> FunctionProfile:
    page = reading.attempt(
        lambda: client.list_function_event_invoke_configs(FunctionName=profile.name),
        source="lambda:ListFunctionEventInvokeConfigs",
        region=profile.region,
        effect="how often failed asynchronous calls are repeated is not known",
        about=[profile.name],
    )
    if page is None:
        return profile
    configs = page["FunctionEventInvokeConfigs"]
    kept = [bool(one.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")) for one in configs]
    config = AsyncConfig(
        retries=max((one.get("MaximumRetryAttempts", DEFAULT_RETRIES) for one in configs), default=DEFAULT_RETRIES),
        keeps_failures=profile.has_dead_letter_queue or (bool(kept) and all(kept)),
    )
    return replace(profile, async_config=config)


def _with_recursion(client: LambdaClient, reading: Reading, profile: FunctionProfile) -> FunctionProfile:
    answer = reading.attempt(
        lambda: client.get_function_recursion_config(FunctionName=profile.name),
        source="lambda:GetFunctionRecursionConfig",
        region=profile.region,
        effect="whether functions may call themselves in a loop is not known",
        about=[profile.name],
    )
    return profile if answer is None else replace(profile, may_recurse=answer["RecursiveLoop"] == "Allow")


def _qualifier(arn: str) -> str | None:
    parts = arn.split(":")
    return parts[7] if len(parts) > 7 else None
