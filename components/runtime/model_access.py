"""Which Bedrock resources a model id stands for, so that a role may use this model and no other."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from components.context import StackContext
from components.permissions import Grant

# Converse and ConverseStream are allowed by the same two actions.
_INVOKE = ("bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream")

# A cross-region inference profile's id begins with where it may route a request; here are the regions that this covers.
# AWS adds regions to a profile over time, so they are named by pattern.
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
    """Leave to invoke one model: directly, or through the inference profile that the id names and in no other way."""
    prefix, _, model = model_id.partition(".")
    regions = _REGIONS_BY_PREFIX.get(prefix)
    if regions is None:
        return [Grant(sid="InvokeModel", actions=_INVOKE, resources=[_model(model_id, context.region, context)])]
    profile = context.arn("bedrock", f"inference-profile/{model_id}")
    models = [_model(model, regions, context)]
    if prefix == "global":
        # The global profile also names each model once without any region.
        models.append(_model(model, "", context))
    return [
        Grant(sid="InvokeInferenceProfile", actions=_INVOKE, resources=[profile]),
        Grant(
            sid="InvokeModelThroughProfile",
            actions=_INVOKE,
            resources=models,
            conditions={"StringEquals": {"bedrock:InferenceProfileArn": profile}},
            reason="The profile picks the region; the condition keeps every other way to the model shut.",
        ),
    ]


def _model(model: str, region: pulumi.Input[str], context: StackContext) -> pulumi.Output[str]:
    return pulumi.Output.concat("arn:", context.partition, ":bedrock:", region, "::foundation-model/", model)
