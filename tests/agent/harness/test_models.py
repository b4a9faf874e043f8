from dataclasses import replace

import pytest
from botocore.exceptions import ClientError
from strands import Agent
from strands.models import BedrockModel

from agent.harness import models
from tests.agent.settings import SETTINGS

NOT_A_FUNCTION = "a string"


def no_model(_settings):
    return "no model"


def named(factory):
    return replace(SETTINGS, model_factory=factory)


@pytest.fixture(autouse=True)
def region(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")


def test_the_default_is_bedrock_with_the_configured_model():
    model = models.build(replace(SETTINGS, model_id="eu.amazon.nova-lite-v1:0"))
    assert isinstance(model, BedrockModel)
    assert model.get_config()["model_id"] == "eu.amazon.nova-lite-v1:0"


def test_bedrock_waits_five_minutes_for_a_response_and_calls_once():
    client = models.build(SETTINGS).client
    assert client.meta.config.read_timeout == 300
    assert client.meta.config.retries == {"mode": "standard", "total_max_attempts": 1}


@pytest.mark.parametrize(
    ("factory", "problem"),
    [
        ("bedrock", "set 'module:function'"),
        (":bedrock", "set 'module:function'"),
        ("agent.harness.models:", "set 'module:function'"),
        ("agent.modules:bedrock", "there is no module 'agent.modules'"),
        ("agent.harness.models:rock", "module 'agent.harness.models' has no 'rock'"),
        (f"{__name__}:NOT_A_FUNCTION", "is a str: name a function"),
        (f"{__name__}:no_model", r"returned a str: return a strands\.models\.Model"),
    ],
)
def test_an_invalid_model_factory_is_named_with_the_remedy(factory, problem):
    with pytest.raises(models.ModelFactoryError, match=problem):
        models.build(named(factory))


@pytest.mark.parametrize(
    "model_id",
    ["eu.anthropic.claude-opus-4-7", "us.anthropic.claude-opus-5", "eu.anthropic.claude-haiku-4-5-20251001-v1:0"],
)
def test_every_model_answers_a_stack_without_a_temperature(bedrock, model_id):
    agent = Agent(model=models.build(replace(SETTINGS, model_id=model_id)), callback_handler=None)
    result = agent("Hello")
    assert str(result).strip() == "All is well."
    assert result.metrics.accumulated_usage["cacheReadInputTokens"] == 20_000
    (request,) = bedrock.requests
    assert request["modelId"] == model_id
    assert request["inferenceConfig"] == {"maxTokens": 8_192}


def test_a_temperature_is_sent_if_it_is_set(bedrock):
    agent = Agent(model=models.build(replace(SETTINGS, temperature=0.0)), callback_handler=None)
    agent("Hello")
    assert bedrock.requests[0]["inferenceConfig"]["temperature"] == 0.0


@pytest.mark.usefixtures("bedrock")
def test_a_new_model_refuses_a_temperature():
    settings = replace(SETTINGS, model_id="eu.anthropic.claude-opus-4-8", temperature=0.5)
    with pytest.raises(ClientError, match="`temperature` is deprecated for this model"):
        Agent(model=models.build(settings), callback_handler=None)("Hello")


PROFILE = "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abcdef012345"


@pytest.mark.parametrize(
    ("model_id", "base_model_id", "cached"),
    [
        ("eu.anthropic.claude-opus-4-7", "", True),
        (PROFILE, "eu.anthropic.claude-opus-4-7", True),
        (PROFILE, "eu.amazon.nova-lite-v1:0", False),
        ("arn:aws:bedrock:eu-west-1:123456789012:imported-model/abcdef012345", "", False),
    ],
)
def test_prompts_are_cached_if_the_model_is_claude_also_behind_an_arn(bedrock, model_id, base_model_id, cached):
    settings = replace(SETTINGS, model_id=model_id, base_model_id=base_model_id)
    Agent(model=models.build(settings), system_prompt="Be brief.", callback_handler=None)("Hello")
    (request,) = bedrock.requests
    assert request["modelId"] == model_id
    assert any("cachePoint" in block for block in request["system"]) == cached
    assert any("cachePoint" in block for block in request["messages"][-1]["content"]) == cached


@pytest.mark.parametrize("base_model_id", ["eu.anthropic.claude-opus-4-7", "eu.amazon.nova-lite-v1:0"])
def test_claude_behind_an_arn_learns_that_a_tool_failed(base_model_id):
    model = models.build(replace(SETTINGS, model_id=PROFILE, base_model_id=base_model_id))
    assert model._should_include_tool_result_status() == ("claude" in base_model_id)
