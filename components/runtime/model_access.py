"""The permission to invoke one Bedrock model, and no other."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from components.context import StackContext
from components.permissions import Grant
from components.settings.checks.model_reference import REGIONS_BY_PREFIX, ModelKind, ModelReference, parse

# These two actions also allow Converse and ConverseStream.
_INVOKE = ("bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream")


def invoke_model(model_id: str, base_model_id: str | None, context: StackContext) -> Sequence[Grant]:
    """Return the permission to invoke one model.

    A model behind an inference profile can be invoked only through this profile.
    https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html

    Args:
        model_id: What the agent invokes: an id or an ARN.
        base_model_id: What an application inference profile was copied from.
        context: The stack.
    """
    model = _parsed(model_id)
    match model.kind:
        case ModelKind.FOUNDATION_MODEL:
            return [Grant(sid="InvokeModel", actions=_INVOKE, resources=_foundation_models(model, context))]
        case ModelKind.SYSTEM_PROFILE:
            profile = model.arn or context.arn("bedrock", f"inference-profile/{model.name}")
            return _through(profile, _foundation_models(model, context))
        case ModelKind.APPLICATION_PROFILE:
            return _through(model_id, _foundation_models(_parsed(base_model_id or ""), context))
        case ModelKind.PROVISIONED_THROUGHPUT | ModelKind.IMPORTED_MODEL | ModelKind.CUSTOM_DEPLOYMENT:
            return [Grant(sid="InvokeModel", actions=_INVOKE, resources=[model_id])]


def _parsed(text: str) -> ModelReference:
    reference = parse(text)
    if reference is None:
        raise ValueError(f"{text!r} names no model: check modelId and baseModelId with the settings' checks first")
    return reference


def _through(profile: pulumi.Input[str], models: Sequence[pulumi.Input[str]]) -> Sequence[Grant]:
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


def _foundation_models(reference: ModelReference, context: StackContext) -> Sequence[pulumi.Input[str]]:
    """Return the ARNs of a model in each region in which it may be invoked."""
    if reference.kind is ModelKind.FOUNDATION_MODEL:
        return [reference.arn or _model(reference.name, context.region, context)]
    prefix, _, model = reference.name.partition(".")
    models = [_model(model, REGIONS_BY_PREFIX[prefix], context)]
    if prefix == "global":
        # The global profile also lists each model without a region.
        models.append(_model(model, "", context))
    return models


def _model(model: str, region: pulumi.Input[str], context: StackContext) -> pulumi.Output[str]:
    return pulumi.Output.concat("arn:", context.partition, ":bedrock:", region, "::foundation-model/", model)
