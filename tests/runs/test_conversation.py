"""The conversations that agents save, as the harness writes them and as a stranger could."""

from __future__ import annotations

import json

import boto3
import pytest
from strands import Agent

from agent.harness.conversation import Conversation as Saved
from local.scripted_model import create
from runs.conversation import Conversations
from tests.runs.accounts import OUTPUTS, REGION, listen

RUN = "8d76db61-1111-4222-8333-444455556666"
BUCKET = OUTPUTS["report_bucket_name"]


@pytest.fixture
def run(account):
    """Return a run in its second attempt."""
    return account.journal.get(account.add_run(RUN, attempt=2))


def put(account, number, message, *, attempt=2, suffix="", **members):
    key = f"conversations/session_{RUN}-{attempt}{suffix}/agents/agent_default/messages/message_{number}.json"
    body = message if isinstance(message, bytes) else json.dumps({"message": message} | members).encode()
    account.place.client("s3").put_object(Bucket=BUCKET, Key=key, Body=body)


def said(text, role="assistant"):
    return {"role": role, "content": [{"text": text}]}


def texts(account, run):
    found = Conversations(account.place).read(run)
    return found.attempt, [part.text for message in found.messages for part in message.parts]


def test_what_an_agent_has_saved_with_the_harness_is_read(account, run, monkeypatch):
    monkeypatch.setenv("SCRIPTED_MODEL_STEP_SECONDS", "0")
    manager = Saved(boto3.Session(region_name=REGION), BUCKET, session_id=RUN, attempt=1).continued()
    Agent(model=create(None), session_manager=manager, callback_handler=None)("Look at everything.")

    found = Conversations(account.place).read(run)

    assert (found.attempt, found.earlier) == (1, 0)
    assert [message.role for message in found.messages] == ["user", "assistant"]
    assert found.messages[0].parts[0].text == "Look at everything."
    assert found.messages[1].at


def test_calls_and_results_of_tools_are_told_apart(account, run):
    call = {"toolUse": {"toolUseId": "1", "name": "read_usage", "input": {"functions": ["a"]}}}
    result = {"toolResult": {"toolUseId": "1", "status": "error", "content": [{"text": "denied"}, {"json": {"a": 1}}]}}
    put(account, 10, {"role": "user", "content": [result]})
    put(account, 9, {"role": "assistant", "content": [call, {"reasoningContent": {"redactedContent": "x"}}]})

    found = Conversations(account.place).read(run)

    assert [(part.kind, part.name, part.text) for message in found.messages for part in message.parts] == [
        ("call", "read_usage", '{\n  "functions": [\n    "a"\n  ]\n}'),
        ("other", "reasoningContent", ""),
        ("result", "error", 'denied\n{\n  "json": {\n    "a": 1\n  }\n}'),
    ]


def test_the_newest_conversation_counts_and_one_that_was_restarted_first(account, run):
    assert texts(account, run) == (0, [])
    put(account, 0, said("first attempt"), attempt=1)
    assert texts(account, run) == (1, ["first attempt"])
    put(account, 0, said("unreadable"))
    put(account, 0, said("restarted"), suffix="-anew")
    assert texts(account, run) == (2, ["restarted"])


def test_what_a_guardrail_has_redacted_is_not_shown(account, run):
    put(account, 0, said("my secret", "user"), redact_message=said("[redacted]", "user"))
    assert texts(account, run) == (2, ["[redacted]"])


def test_what_is_no_message_is_named_and_long_texts_are_cut(account, run):
    for number, body in enumerate([b"not JSON", b"[]", b'{"message": {"content": 1}}', b"\xff"]):
        put(account, number, body)
    put(account, 4, said("x" * 20_000))
    put(account, 5, said("y" * 2**20))
    *malformed, long, large = texts(account, run)[1]
    assert malformed == ["It is not a message of Strands"] * 4
    assert long == "x" * 10_000 + "\n… 10,000 more characters"
    assert large.startswith("It has 1,048,")


@pytest.mark.slow
def test_only_the_newest_messages_are_read_and_none_twice(account, run):
    for number in range(205):
        put(account, number, said(str(number)))
    asked = []
    listen(account.place, "s3", "before-call.s3.GetObject", lambda **_: asked.append(1))
    conversations = Conversations(account.place)
    found = conversations.read(run)
    assert (found.earlier, len(found.messages), len(asked)) == (5, 200, 200)
    put(account, 205, said("new"))
    assert conversations.read(run).messages[-1].parts[0].text == "new"
    assert len(asked) == 201
