"""The errors of model calls, as the real botocore and Strands raise them."""

import dataclasses

import pytest
from botocore.exceptions import ClientError
from strands import Agent, tool

from agent.harness import models
from agent.harness.model_calls import errors
from tests.agent.settings import SETTINGS
from tests.bedrock_server import DROPPED, SILENT, Refusal, Turn

PASSING = {
    "a broken stream: unavailable": Turn(breaks_with="serviceUnavailableException"),
    "a broken stream: internal error": Turn(breaks_with="internalServerException"),
    "a broken stream: model error": Turn(breaks_with="modelStreamErrorException"),
    "a broken stream: throttled": Turn(breaks_with="throttlingException"),
    "a dropped stream": Turn(breaks_with=""),
    "a dropped connection": DROPPED,
    "no response in time": SILENT,
    "throttled": Refusal(status=429, code="ThrottlingException"),
    "quota": Refusal(status=400, code="ServiceQuotaExceededException"),
    "model not ready": Refusal(status=429, code="ModelNotReadyException"),
    "model timeout": Refusal(status=408, code="ModelTimeoutException"),
    "model error": Refusal(status=424, code="ModelErrorException"),
    "internal error": Refusal(status=500, code="InternalServerException"),
    "unavailable": Refusal(status=503, code="ServiceUnavailableException"),
    "an unknown error of the server": Refusal(status=502, code="BadGateway"),
    "expired credentials": Refusal(status=403, code="ExpiredTokenException"),
}
FINAL = {
    "ValidationException": (400, "check modelId, temperature"),
    "AccessDeniedException": (403, "has access to modelId"),
    "ResourceNotFoundException": (404, "Set modelId to a model"),
    "UnrecognizedClientException": (403, "valid credentials"),
}


@tool
def look() -> str:
    """Look."""
    return "seen"


@pytest.fixture(autouse=True)
def region(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setattr(models, "_READ_TIMEOUT_SECONDS", 0.5)


def raised(bedrock, *answers):
    """Return the error of an agent that gets these answers."""
    bedrock.answers = list(answers)
    agent = Agent(model=models.build(SETTINGS), tools=[look], callback_handler=None, retry_strategy=None)
    with pytest.raises(Exception) as caught:  # noqa: PT011  # of any type
        agent("Look")
    assert bedrock.answers == []
    return caught.value


@pytest.mark.parametrize("answer", PASSING.values(), ids=PASSING)
def test_an_error_passes_in_the_first_turn_and_in_a_later_one(bedrock, answer):
    assert errors.is_passing(raised(bedrock, answer))
    assert errors.is_passing(raised(bedrock, Turn(tool="look"), answer))


@pytest.mark.parametrize(("code", "status", "remedy"), [(code, *rest) for code, rest in FINAL.items()])
def test_a_final_error_has_a_remedy(bedrock, code, status, remedy):
    error = raised(bedrock, Turn(tool="look"), Refusal(status=status, code=code, message="No."))
    assert not errors.is_passing(error)
    assert type(errors.original(error)).__name__ in (code, "ClientError")
    assert remedy in errors.described(errors.original(error))


def test_a_stream_that_ends_with_a_refusal_is_final(bedrock):
    assert not errors.is_passing(raised(bedrock, Turn(breaks_with="validationException")))


def test_an_input_that_is_too_long_is_left_to_strands(bedrock):
    bedrock.longest_input = 10
    assert not errors.is_passing(raised(bedrock))


def test_an_unreachable_endpoint_passes(bedrock, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "http://127.0.0.1:1")
    assert errors.is_passing(raised(bedrock))


@pytest.mark.parametrize("text", ["serviceUnavailableException", "internalServerException", "modelTimeoutException"])
def test_the_text_of_an_error_is_enough(text):
    message = f"An error occurred ({text}) when calling the ConverseStream operation: Try later"
    assert errors.is_passing(RuntimeError(message))


@pytest.mark.parametrize("error", [ValueError("no such region"), RuntimeError("An error occurred")])
def test_an_error_of_the_agent_is_final_and_has_no_remedy(error):
    assert not errors.is_passing(error)
    assert errors.described(error) == str(error)


def test_a_refusal_of_another_service_has_no_remedy_of_the_model():
    error = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "ListFunctions")
    assert errors.described(error) == str(error)


def test_the_table_knows_each_error_of_the_operation_and_of_its_stream():
    client = models.build(dataclasses.replace(SETTINGS)).client
    operation = client.meta.service_model.operation_model("ConverseStream")
    stream = operation.output_shape.members["stream"].members
    codes = {shape.name for shape in operation.error_shapes} | {
        name for name, shape in stream.items() if shape.metadata.get("exception")
    }
    assert len(codes) == 14
    unsorted = {
        code
        for code in codes
        for error in [ClientError({"Error": {"Code": code, "Message": "m"}}, "ConverseStream")]
        if not errors.is_passing(error) and errors.described(error) == str(error)
    }
    assert unsorted == set()
