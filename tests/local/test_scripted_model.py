"""The scripted model, turn by turn, called as Strands calls it."""

import asyncio
import json
import threading
import time

import pytest

from local import scripted_model
from local.scripted_model import ScriptedModel

LISTED = {"account": {"functions": 2}, "api": {"memory": "512 MB"}, "export": {"memory": "128 MB"}, "gaps": []}
USED = {"account": {"cost": "$30.00"}, "api": {"cost": "$25.00"}, "export": {"cost": "$5.00"}, "gaps": []}
OPPORTUNITY = {
    "issue": "Runs on x86_64",
    "change": "Architecture x86_64 → arm64",
    "saving": "$5.00",
    "confidence": "medium",
    "risk": "low",
}
ARCHITECTURE = {"issue": "x86_64 that could be arm64", "saving": "$5.00"}
TOTALS = {"functions": 2, "cost": "$30.00", "saving": "$5.00", "changes": 1, "functions-with-recommendations": 1}
SAVINGS = {"account": {**TOTALS, "architecture": ARCHITECTURE}, "api.architecture": OPPORTUNITY, "gaps": []}
NOTHING = {"account": {**TOTALS, "saving": "$0.00", "changes": 0}, "gaps": []}
INSPECTED = {
    "account": TOTALS,
    "api": {"cost": "$25.00"},
    "api.architecture": {**OPPORTUNITY, "risk-reason": "Test it first."},
}
ANSWERS = {
    "list_functions": LISTED,
    "read_usage": USED,
    "find_savings": SAVINGS,
    "inspect_functions": INSPECTED,
    "save_report": {"saved": "s3://reports/r.html"},
}

TOOLS = [{"name": "list_functions", "description": "", "inputSchema": {"json": {}}}]


def conversation(prompt="Analyse the account.", *results):
    """Return a conversation with tool results, each of them `(tool, status, answer)`."""
    messages = [{"role": "user", "content": [{"text": prompt}]}]
    for number, (tool, status, answer) in enumerate(results):
        call = {"toolUse": {"toolUseId": str(number), "name": tool, "input": {}}}
        text = answer if isinstance(answer, str) else json.dumps(answer)
        result = {"toolResult": {"toolUseId": str(number), "status": status, "content": [{"text": text}]}}
        messages += [{"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}]
    return messages


def succeeded(*tools, **changed):
    return [(tool, "success", changed.get(tool, ANSWERS[tool])) for tool in tools]


def turn(messages, model=None, cancel_signal=None, tools=TOOLS):
    """Return the next turn: the tool and its input, or `text` and the final text."""

    async def collect():
        stream = (model or ScriptedModel()).stream(messages, tools, cancel_signal=cancel_signal)
        return [event async for event in stream]

    events = asyncio.run(collect())
    [delta] = [event["contentBlockDelta"]["delta"] for event in events if "contentBlockDelta" in event]
    if "text" in delta:
        return "text", delta["text"]
    [start] = [event["contentBlockStart"]["start"] for event in events if "contentBlockStart" in event]
    return start["toolUse"]["name"], json.loads(delta["toolUse"]["input"])


def test_the_model_calls_the_tools_in_order_and_ends_when_the_report_is_saved():
    tools = list(ANSWERS)
    for done in range(len(tools)):
        called, _ = turn(conversation("Go.", *succeeded(*tools[:done])))
        assert called == tools[done]
    assert turn(conversation("Go.", *succeeded(*tools))) == ("text", "The report is saved.")


def test_owners_are_described_and_are_no_functions():
    owners = {"shop%2Eeu": {"cost": "$25.00"}, "(untagged)": {"cost": "$5.00"}}
    grouped = succeeded(*list(ANSWERS)[:4], find_savings={**SAVINGS, "owners": owners})
    prompt = "Whose cost is it? Name the owners."
    assert turn(conversation(prompt, *grouped[:3])) == ("inspect_functions", {"names": ["api"]})
    _, saved = turn(conversation(prompt, *grouped))
    assert "The functions of {owners.shop%2Eeu.name} cost {owners.shop%2Eeu.cost} a month" in saved["summary"]
    assert "Untagged functions cost {owners.(untagged).cost} a month" in saved["summary"]


def test_the_model_inspects_the_functions_with_the_largest_savings():
    _, given = turn(conversation("Go.", *succeeded("list_functions", "read_usage", "find_savings")))
    assert given == {"names": ["api"]}


def test_the_model_inspects_nothing_when_there_are_no_savings():
    called, given = turn(
        conversation("Go.", *succeeded("list_functions", "read_usage", "find_savings", find_savings=NOTHING))
    )
    assert called == "save_report"
    assert given["summary"] == (
        "{account.functions} cost {account.cost} a month at list prices. No change would save a notable amount."
    )
    assert given["remarks"] == {}


def test_the_report_names_the_figures_of_the_tool_results():
    _, given = turn(conversation("Go.", *succeeded(*list(ANSWERS)[:4])))
    assert given["summary"].startswith(
        "{account.functions} cost {account.cost} a month at list prices. The changes below would save {account.saving} "
        "of it, {account.saving-share}."
    )
    assert (
        "Begin with api: {api.architecture.change}, which saves {api.architecture.saving} a month" in given["summary"]
    )
    assert given["remarks"] == {"api.architecture": "api costs {api.cost} a month. {api.architecture.risk-reason}"}


@pytest.mark.parametrize("prompt", ["What about export?", "Look at idle functions.", "Is anything idle, or in export?"])
def test_the_report_is_about_the_functions_and_the_issues_that_the_prompt_names(prompt):
    idle = {"export.idle": {"issue": "Not called for 15 days"}}
    answers = {"find_savings": {**SAVINGS, **idle}, "inspect_functions": {"account": TOTALS, "export": {}, **idle}}
    _, given = turn(conversation(prompt, *succeeded(*list(ANSWERS)[:4], **answers)))
    assert "The request names a part of the findings" in given["summary"]
    assert "On export: {export.idle.issue}." in given["summary"]
    assert "api" not in given["summary"]


def test_a_function_without_findings_that_the_prompt_names_is_inspected():
    answers = succeeded("list_functions", "read_usage", "find_savings")
    assert turn(conversation("What about export?", *answers)) == ("inspect_functions", {"names": ["export"]})
    _, given = turn(conversation("What about export?", *answers, *succeeded("inspect_functions")))
    assert "export costs {export.cost} a month, and no change to it was found." in given["summary"]


def test_the_report_mentions_gaps():
    gap = {"source": "logs:FilterLogEvents", "region": "eu-central-1", "reason": "AccessDenied", "effect": "no memory"}
    answers = succeeded(*list(ANSWERS)[:4], find_savings={**SAVINGS, "gaps": [gap]})
    _, given = turn(conversation("Go.", *answers))
    assert "Not everything could be read (logs:FilterLogEvents)" in given["summary"]


def test_a_cancelled_call_is_repeated():
    cancelled = ("list_functions", "error", "Tool execution cancelled")
    called, _ = turn(conversation("Go.", cancelled, cancelled, cancelled))
    assert called == "list_functions"


def test_the_model_gives_up_after_two_failed_calls():
    failed = ("list_functions", "error", "Error: AccessDenied")
    assert turn(conversation("Go.", failed))[0] == "list_functions"
    assert turn(conversation("Go.", failed, failed)) == ("text", "I cannot go on: list_functions failed twice.")


def test_a_wrong_figure_is_in_the_first_summary_only():
    prompt = "lie: It saves $99.00."
    results = succeeded(*list(ANSWERS)[:4])
    refused = ("save_report", "error", "Error: The narrative was not accepted:\n- summary: '$99.00'")
    assert "$99.00" in turn(conversation(prompt, *results))[1]["summary"]
    assert "$99.00" not in turn(conversation(prompt, *results, refused))[1]["summary"]


def test_a_prompt_can_ask_for_no_report():
    answers = succeeded("list_functions", "read_usage", "find_savings")
    assert turn(conversation("silent", *answers)) == ("text", "I have nothing to say.")


def test_a_prompt_can_ask_for_an_error():
    with pytest.raises(RuntimeError, match="out of luck"):
        turn(conversation("fail: out of luck"))


def test_a_prompt_can_ask_for_an_error_after_some_results():
    prompt = "fail after 2: out of luck"
    assert turn(conversation(prompt, *succeeded("list_functions")))[0] == "read_usage"
    with pytest.raises(RuntimeError, match="out of luck"):
        turn(conversation(prompt, *succeeded("list_functions", "read_usage")))


def test_a_prompt_can_ask_for_an_error_that_passes():
    model = ScriptedModel()
    messages = conversation("fail 2 times after 1: out of luck", *succeeded("list_functions"))
    for _ in range(2):
        with pytest.raises(RuntimeError, match="out of luck"):
            turn(messages, model)
    assert turn(messages, model)[0] == "read_usage"


def test_a_prompt_can_ask_for_a_blocked_first_turn():
    began = time.monotonic()
    assert turn(conversation("hang: 0.2"))[0] == "list_functions"
    assert time.monotonic() - began >= 0.2


def test_the_environment_sets_the_duration_of_a_turn(monkeypatch):
    monkeypatch.setenv(scripted_model.STEP_SECONDS_VARIABLE, "0.2")
    began = time.monotonic()
    turn(conversation(), scripted_model.create(None))
    assert 0.2 <= time.monotonic() - began < 1


def test_an_agent_without_tools_gets_a_sentence():
    kind, text = turn(conversation("Who are you?"), tools=None)
    assert kind == "text"
    assert "scripted model" in text


def test_a_longer_conversation_has_more_input_tokens():
    def tokens(messages):
        async def collect():
            return [event async for event in ScriptedModel().stream(messages)]

        usage = asyncio.run(collect())[-1]["metadata"]["usage"]
        assert usage["totalTokens"] == usage["inputTokens"] + usage["outputTokens"]
        return usage["inputTokens"]

    assert 0 < tokens(conversation()) < tokens(conversation("Go.", *succeeded("list_functions", "read_usage")))


def test_a_prompt_can_ask_for_a_longer_run():
    started_at = time.monotonic()
    assert turn(conversation("wait 0.2: Go."))[0] == "list_functions"
    assert time.monotonic() - started_at >= 0.2


def test_only_the_first_turn_waits_and_a_cancellation_interrupts_it():
    assert turn(conversation("wait 1000: Go.", *succeeded("list_functions")))[0] == "read_usage"
    cancelled = threading.Event()
    cancelled.set()
    assert turn(conversation("wait 1000: Go."), cancel_signal=cancelled)[0] == "list_functions"
