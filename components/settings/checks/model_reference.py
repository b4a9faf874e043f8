"""What `modelId` can name on Amazon Bedrock: ids of models and profiles, and ARNs of what can be invoked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

# The prefix of a system inference profile's id defines the regions to which it may route a request. AWS adds regions
# to a profile over time, so these are patterns.
REGIONS_BY_PREFIX = {
    "us": "us-*",
    "us-gov": "us-gov-*",
    "eu": "eu-*",
    "apac": "ap-*",
    "jp": "ap-northeast-*",
    "au": "ap-southeast-*",
    "ca": "ca-*",
    "global": "*",
}


class ModelKind(StrEnum):
    """What can be invoked, by the type in its ARN."""

    FOUNDATION_MODEL = "foundation-model"
    SYSTEM_PROFILE = "inference-profile"
    APPLICATION_PROFILE = "application-inference-profile"
    PROVISIONED_THROUGHPUT = "provisioned-model"
    IMPORTED_MODEL = "imported-model"
    CUSTOM_DEPLOYMENT = "custom-model-deployment"


# A base model ("anthropic.claude-…"), or a system inference profile ("eu.anthropic.claude-…").
_ID = re.compile(r"([a-z]{2,6}(-[a-z]+)?\.)?[a-z0-9-]+\.[a-zA-Z0-9-]+[a-zA-Z0-9.:-]*")
_ARN = re.compile(
    r"arn:aws(-[a-z]+)*:bedrock:(?P<region>[a-z0-9-]+):(?P<account>\d{12})?:(?P<kind>[a-z-]+)/(?P<name>[^/]+)"
)
# From the service model of ConverseStream (bedrock-runtime, 2023-09-30); a test compares them.
_NAMES = {
    ModelKind.FOUNDATION_MODEL: _ID,
    ModelKind.SYSTEM_PROFILE: _ID,
    ModelKind.APPLICATION_PROFILE: re.compile(r"[a-zA-Z0-9-:.]+"),
    ModelKind.PROVISIONED_THROUGHPUT: re.compile(r"[a-z0-9]{12}"),
    ModelKind.IMPORTED_MODEL: re.compile(r"[a-z0-9]{12}"),
    ModelKind.CUSTOM_DEPLOYMENT: re.compile(r"[a-z0-9]{12}"),
}


@dataclass(frozen=True, kw_only=True)
class ModelReference:
    """What a model id or an ARN names.

    Attributes:
        kind: What it is.
        name: The id of the model or the profile, without the rest of its ARN.
        region: The region of an ARN; None for an id.
        arn: The ARN as it is written; None for an id.
    """

    kind: ModelKind
    name: str
    region: str | None = None
    arn: str | None = None

    @property
    def names_its_model(self) -> bool:
        """Whether the name contains the id of the foundation model."""
        return self.kind in (ModelKind.FOUNDATION_MODEL, ModelKind.SYSTEM_PROFILE)


def parse(text: str) -> ModelReference | None:
    """Return what a text names; None if it is neither an id nor an ARN that an agent can invoke."""
    if found := _ARN.fullmatch(text):
        kind = next((one for one in ModelKind if one == found["kind"]), None)
        has_owner = found["account"] is not None
        if kind is None or not _NAMES[kind].fullmatch(found["name"]):
            return None
        if has_owner == (kind is ModelKind.FOUNDATION_MODEL):  # foundation models belong to no account
            return None
        if kind is ModelKind.SYSTEM_PROFILE and _kind_of(found["name"]) is not kind:
            return None
        return ModelReference(kind=kind, name=found["name"], region=found["region"], arn=text)
    if not _ID.fullmatch(text):
        return None
    return ModelReference(kind=_kind_of(text), name=text)


def _kind_of(identifier: str) -> ModelKind:
    prefix = identifier.partition(".")[0]
    return ModelKind.SYSTEM_PROFILE if prefix in REGIONS_BY_PREFIX else ModelKind.FOUNDATION_MODEL
