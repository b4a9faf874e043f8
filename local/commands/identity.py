"""The AWS identity of an analysis: its account, its credentials and its regions."""

import os
from dataclasses import dataclass

import boto3

from local.errors import ConfigurationError

_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


@dataclass(frozen=True, kw_only=True)
class Identity:
    """The caller's identity.

    Attributes:
        account: Account id, twelve digits.
        arn: ARN of the user or role.
        regions: The regions to analyse.
    """

    account: str
    arn: str
    regions: tuple[str, ...]


def identify(*, profile: str | None, regions: tuple[str, ...]) -> Identity:
    """Make the credentials and the region those of this process, and return their identity.

    Args:
        profile: Profile of the AWS configuration; None for the credentials of the environment.
        regions: The regions to analyse; the configured region when empty.

    Raises:
        ConfigurationError: No region is configured.
        BotoCoreError: There are no credentials, or AWS cannot be reached.
        ClientError: AWS refused the credentials.
    """
    if profile:
        os.environ["AWS_PROFILE"] = profile
        for name in _KEYS:  # boto3 prefers them to the profile
            os.environ.pop(name, None)
    region = os.environ.get("AWS_REGION") or boto3.Session().region_name or next(iter(regions), None)
    if region is None:
        raise ConfigurationError("No AWS region is configured: give --regions, or set AWS_REGION")
    # boto3 reads AWS_DEFAULT_REGION, other libraries read AWS_REGION.
    os.environ["AWS_REGION"] = os.environ["AWS_DEFAULT_REGION"] = region
    answer = boto3.Session().client("sts").get_caller_identity()
    return Identity(account=answer["Account"], arn=answer["Arn"], regions=regions or (region,))
