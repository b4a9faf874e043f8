"""The settings that name a model."""

from __future__ import annotations

import re

import botocore.session
import pytest

from components.settings.checks.models import base_model_id, model_id
from tests.components.settings.test_settings import problems, read

OWNED = "arn:aws:bedrock:eu-west-1:123456789012:"
PROFILE = f"{OWNED}application-inference-profile/abcdef012345"
HAIKU = "anthropic.claude-haiku-4-5-20251001-v1:0"

INVOCABLE = [
    "anthropic.claude-3-haiku-20240307-v1:0",
    f"eu.{HAIKU}",
    "global.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "us-gov.anthropic.claude-3-5-sonnet-20240620-v1:0",
    "amazon.nova-lite-v1:0",
    f"arn:aws:bedrock:eu-west-1::foundation-model/{HAIKU}",
    f"{OWNED}inference-profile/eu.{HAIKU}",
    "arn:aws-us-gov:bedrock:us-gov-west-1:123456789012:inference-profile/us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0",
    PROFILE,
    f"{OWNED}provisioned-model/abcdef012345",
    f"{OWNED}imported-model/abcdef012345",
    f"{OWNED}custom-model-deployment/abcdef012345",
]


@pytest.mark.parametrize("model", INVOCABLE)
def test_a_model_that_bedrock_can_invoke_is_accepted(model: str) -> None:
    assert model_id(model) is None


@pytest.mark.parametrize("model", INVOCABLE)
def test_an_accepted_model_matches_the_service_model_of_bedrock(model: str) -> None:
    service = botocore.session.get_session().get_service_model("bedrock-runtime")
    shape = service.operation_model("ConverseStream").input_shape.members["modelId"]

    assert re.fullmatch(shape.metadata["pattern"], model)


@pytest.mark.parametrize(
    ("model", "remedy"),
    [
        ("claude", "Choose one from 'aws bedrock list-inference-profiles'"),
        (f"{OWNED}custom-model/amazon.nova-lite-v1:0/abcdef012345", "Deploy it or buy throughput for it"),
        (f"{OWNED}prompt/ABCDEF0123:1", "Write the model of the prompt"),
        (f"{OWNED}default-prompt-router/anthropic.claude:1", "Write one of its models"),
        ("arn:aws:sagemaker:eu-west-1:123456789012:endpoint/mine", "modelFactory"),
        (f"{OWNED}foundation-model/{HAIKU}", "Choose one from"),
        (f"arn:aws:bedrock:eu-west-1::inference-profile/eu.{HAIKU}", "Choose one from"),
        (f"{OWNED}inference-profile/{HAIKU}", "Choose one from"),
        (f"{OWNED}provisioned-model/my-model", "Choose one from"),
        (f"{OWNED}application-inference-profile/", "Choose one from"),
        (f"arn:aws:bedrock:eu-wst-1:123456789012:inference-profile/eu.{HAIKU}", "Did you mean eu-west-1?"),
        (f"arn:aws:bedrock:eu-west-1:12345:inference-profile/eu.{HAIKU}", "Choose one from"),
    ],
)
def test_anything_else_is_refused_with_key_value_rule_and_remedy(model: str, remedy: str) -> None:
    (problem,) = problems(modelId=model)

    assert problem.startswith(f'agent-runs:modelId is "{model[:50]}')
    assert remedy in problem


def test_an_application_profile_needs_the_model_that_its_arn_does_not_contain() -> None:
    (problem,) = problems(modelId=PROFILE)

    assert problem.startswith("agent-runs:baseModelId is missing: modelId is an application inference profile")
    assert problem.endswith(f"such as eu.{HAIKU}")
    assert read(modelId=PROFILE, baseModelId=f"eu.{HAIKU}").base_model_id == f"eu.{HAIKU}"


def test_a_model_is_not_named_twice() -> None:
    (problem,) = problems(modelId=f"eu.{HAIKU}", baseModelId=HAIKU)

    assert problem == f'agent-runs:baseModelId is "{HAIKU}": modelId already names its model. Remove it'


@pytest.mark.parametrize("base", ["claude", PROFILE, f"{OWNED}provisioned-model/abcdef012345"])
def test_the_model_behind_an_arn_must_be_a_foundation_model_or_a_system_profile(base: str) -> None:
    (problem,) = problems(modelId=f"{OWNED}imported-model/abcdef012345", baseModelId=base)

    assert problem.startswith("agent-runs:baseModelId is ")
    assert base_model_id(base) is not None
