"""The permission to invoke one Bedrock model, and no other."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from components.context import StackContext
from components.permissions import Grant

# These two actions also allow Converse and ConverseStream.
_INVOKE = ("bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream")

# The prefix of a cross-region inference profile's id defines the regions to which it may route a request. AWS adds
# regions to a profile over time, so these are patterns.
_REGIONS_BY_PREFIX = {
    "us": "us-*",
    "us-gov": "us-gov-*",
    "eu": "eu-*",
    "apac": "ap-*",
    "jp": "ap-northeast-*",
    "au": "ap-southeast-*",
    "ca": "ca-*",
    "global": "*",
}


def invoke_model(model_id: str, context: StackContext) -> Sequence[Grant]:
    """Return the permission to invoke one model.

    If the id is that of an inference profile, the model can be invoked only through this profile.

    Args:
        model_id: Id of a foundation model, or of a cross-region inference profile.
        context: The stack.
    """
    prefix, _, model = model_id.partition(".")
    regions = _REGIONS_BY_PREFIX.get(prefix)
    if regions is None:
        return [Grant(sid="InvokeModel", actions=_INVOKE, resources=[_model(model_id, context.region, context)])]
    profile = context.arn("bedrock", f"inference-profile/{model_id}")
    models = [_model(model, regions, context)]
    if prefix == "global":
        # The global profile also lists each model without a region.
        models.append(_model(model, "", context))
    return [
        Grant(sid="InvokeInferenceProfile", actions=_INVOKE, resources=[profile]),
        Grant(
            sid="InvokeModelThroughProfile",
            actions=_INVOKE,
            resources=models,
            conditions={"StringEquals": {"bedrock:InferenceProfileArn": profile}},
            reason="The profile chooses the region; the condition allows no other way to the model.",
        ),
    ]


def _model(model: str, region: pulumi.Input[str], context: StackContext) -> pulumi.Output[str]:
    return pulumi.Output.concat("arn:", context.partition, ":bedrock:", region, "::foundation-model/", model)
