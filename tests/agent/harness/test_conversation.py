"""Conversations that are too long for the model, with the real Strands and a stand-in for Bedrock."""

import pytest
from strands import Agent, tool
from strands.session import FileSessionManager
from strands.types.exceptions import ContextWindowOverflowException

from agent.harness import models
from agent.harness.conversation import PromptWindow
from tests.agent.settings import SETTINGS
from tests.bedrock_server import Turn

pytestmark = pytest.mark.slow

PROMPT = "Look at everything."


@tool
def look(characters: int) -> str:
    """Look."""
    return "x" * characters


@pytest.fixture
def agent(monkeypatch, tmp_path):
    """Return a function that builds an agent with the saved conversation."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")

    def build():
        return Agent(
            model=models.build(SETTINGS),
            tools=[look],
            callback_handler=None,
            conversation_manager=PromptWindow(),
            session_manager=FileSessionManager(session_id="one", storage_dir=str(tmp_path)),
        )

    return build


def look_often(bedrock, calls, characters):
    turns = [Turn(tool="look", arguments={"characters": characters})] * calls
    remaining = iter(turns)
    bedrock.play = lambda _: next(remaining, Turn(text="Done."))


def calls_of(messages):
    blocks = (block for message in messages for block in message["content"])
    return [(block.get("toolUse") or block.get("toolResult") or {}).get("toolUseId") for block in blocks]


@pytest.mark.parametrize(
    ("calls", "characters", "longest_input"),
    [(1, 200_000, 50_000), (30, 4_000, 60_000), (30, 390, 8_000), (25, 10, 1_000_000)],
    ids=["a large result", "many results", "many short results", "more than 40 messages"],
)
def test_a_long_conversation_is_shortened_until_the_model_accepts_it(bedrock, agent, calls, characters, longest_input):
    bedrock.longest_input = longest_input
    look_often(bedrock, calls, characters)
    assert str(agent()(PROMPT)).strip() == "Done."
    assert {request["messages"][0]["content"][0]["text"] for request in bedrock.requests} == {PROMPT}


def test_a_conversation_that_cannot_be_shortened_ends(bedrock, agent):
    bedrock.longest_input = 300
    look_often(bedrock, 30, 4_000)
    with pytest.raises(ContextWindowOverflowException):
        agent()(PROMPT)
    assert len(bedrock.requests) == 3


def test_a_shortened_conversation_is_restored_with_its_prompt_as_often_as_needed(bedrock, agent):
    bedrock.longest_input = 8_000
    for _ in range(3):
        look_often(bedrock, 20, 390)
        current = agent()
        assert str(current("Go on." if current.messages else PROMPT)).strip() == "Done."
        restored = agent().messages
        assert calls_of(restored) == calls_of(current.messages)  # their results are saved as they were at first
        assert restored[0]["content"] == [{"text": PROMPT}]
