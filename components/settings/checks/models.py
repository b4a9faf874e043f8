"""The checks of the settings that name a model."""

from __future__ import annotations

from components.settings.checks.model_reference import ModelKind, ModelReference, parse
from components.settings.checks.regions import region
from components.settings.problems import Finding

_LIST = "'aws bedrock list-inference-profiles'"
_EXAMPLE = "eu.anthropic.claude-haiku-4-5-20251001-v1:0"
# What has an ARN on Bedrock, but is no model that an agent can talk to, with what to write instead.
_NOT_INVOCABLE = {
    ":custom-model/": (
        "a custom model cannot be invoked by its own ARN",
        "Deploy it or buy throughput for it, and write that ARN (custom-model-deployment/… or provisioned-model/…)",
    ),
    ":prompt/": ("a stored prompt takes the place of the agent's own messages", "Write the model of the prompt"),
    "prompt-router/": ("a prompt router chooses between models", "Write one of its models, so that its cost is known"),
    ":sagemaker:": ("it is an endpoint of SageMaker", "Build a model for it with modelFactory"),
}


def model_id(value: str) -> Finding | None:
    """Check that a text names something on Bedrock that an agent can invoke."""
    reference = parse(value)
    if reference is not None:
        return _region(reference)
    for part, (rule, remedy) in _NOT_INVOCABLE.items():
        if part in value:
            return Finding(rule=rule, remedy=remedy)
    kinds = ", ".join(f"{kind}/…" for kind in ModelKind)
    return Finding(
        rule="it must be the id of a Bedrock model or of a system inference profile, or an ARN of Bedrock with one of "
        f"{kinds}",
        remedy=f"Choose one from {_LIST}, such as {_EXAMPLE}",
    )


def base_model_id(value: str) -> Finding | None:
    """Check that a text names a foundation model."""
    reference = parse(value)
    if reference is not None and reference.names_its_model:
        return _region(reference)
    return Finding(
        rule="it must be the id of a Bedrock model or of a system inference profile",
        remedy=f"'aws bedrock get-inference-profile' lists the models of a profile. Write for example {_EXAMPLE}",
    )


def missing_base_model(model: str, base_model: str | None) -> Finding | None:
    """Check that the foundation model is known, and is not named twice.

    Args:
        model: A valid `modelId`.
        base_model: The value of `baseModelId`.
    """
    reference = parse(model)
    if reference is None:
        return None
    if base_model is None and reference.kind is ModelKind.APPLICATION_PROFILE:
        return Finding(
            rule="modelId is an application inference profile, whose ARN does not contain the model that the agent "
            "may call",
            remedy=f"Write what the profile was copied from: a model, or a system inference profile such as {_EXAMPLE}",
        )
    if base_model is not None and reference.names_its_model:
        return Finding(rule="modelId already names its model", remedy="Remove it")
    return None


def _region(reference: ModelReference) -> Finding | None:
    return region(reference.region) if reference.region is not None else None
