"""The scripted model, turn by turn, as Strands would ask it."""

import asyncio
import json
import time

import pytest

from local import scripted_model
from local.scripted_model import ScriptedModel

LISTED = {"functions": 2}
USED = {"monthly_cost": "$30.00"}
OPPORTUNITY = {
    "id": "architecture:eu-central-1/api",
    "function": "api",
    "issue": "Runs on x86_64",
    "change": "Architecture x86_64 → arm64",
    "monthly_saving": "$5.00",
    "confidence": "medium",
    "risk": "low",
}
SAVINGS = {
    "functions": 2,
    "monthly_cost": "$30.00",
    "monthly_saving": "$5.00",
    "saving_share": "16.7%",
    "saving_by_rule": [{"rule": "architecture", "issue": "x86_64 that could be arm64", "monthly_saving": "$5.00"}],
    "opportunities": [OPPORTUNITY],
    "advice": [],
    "gaps": [],
}
NOTHING = {**SAVINGS, "monthly_saving": "$0.00", "saving_by_rule": [], "opportunities": []}
INSPECTED = {
    "functions": [
        {"function": "api", "monthly_cost": "$25.00", "findings": [{**OPPORTUNITY, "risk_reason": "Test it first."}]}
    ]
}
ANSWERS = {
    "list_functions": LISTED,
    "read_usage": USED,
    "find_savings": SAVINGS,
    "inspect_functions": INSPECTED,
    "save_report": {"saved": "s3://reports/r.html"},
}


def conversation(prompt="Analyse the account.", *results):
    """A conversation in which tools have answered, each result a (tool, status, answer)."""
    messages = [{"role": "user", "content": [{"text": prompt}]}]
    for number, (tool, status, answer) in enumerate(results):
        call = {"toolUse": {"toolUseId": str(number), "name": tool, "input": {}}}
        text = answer if isinstance(answer, str) else json.dumps(answer)
        result = {"toolResult": {"toolUseId": str(number), "status": status, "content": [{"text": text}]}}
        messages += [{"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}]
    return messages


def succeeded(*tools, **changed):
    return [(tool, "success", changed.get(tool, ANSWERS[tool])) for tool in tools]


def turn(messages, model=None):
    """What the model does next: the tool that it calls and with what, or the text that it ends with."""

    async def collect():
        return [event async for event in (model or ScriptedModel()).stream(messages)]

    events = asyncio.run(collect())
    [delta] = [event["contentBlockDelta"]["delta"] for event in events if "contentBlockDelta" in event]
    if "text" in delta:
        return "says", delta["text"]
    [start] = [event["contentBlockStart"]["start"] for event in events if "contentBlockStart" in event]
    return start["toolUse"]["name"], json.loads(delta["toolUse"]["input"])


def test_it_calls_the_tools_in_order_and_ends_once_the_report_is_saved():
    tools = list(ANSWERS)
    for done in range(len(tools)):
        called, _ = turn(conversation("Go.", *succeeded(*tools[:done])))
        assert called == tools[done]
    assert turn(conversation("Go.", *succeeded(*tools))) == ("says", "The report is saved.")


def test_it_looks_closely_at_the_functions_that_save_most():
    _, given = turn(conversation("Go.", *succeeded("list_functions", "read_usage", "find_savings")))
    assert given == {"names": ["api"]}


def test_where_there_is_nothing_to_save_it_looks_no_closer():
    called, given = turn(
        conversation("Go.", *succeeded("list_functions", "read_usage", "find_savings", find_savings=NOTHING))
    )
    assert called == "save_report"
    assert given["summary"] == "2 functions cost $30.00 a month at list prices. No change would save a notable amount."
    assert given["remarks"] == {}


def test_its_report_is_made_of_the_figures_that_tools_returned():
    _, given = turn(conversation("Go.", *succeeded(*list(ANSWERS)[:4])))
    assert given["summary"].startswith(
        "2 functions cost $30.00 a month at list prices. The changes below would save $5.00 of it, 16.7%."
    )
    assert "Begin with api: architecture x86_64 → arm64 saves $5.00 a month" in given["summary"]
    assert given["remarks"] == {"architecture:eu-central-1/api": "api costs $25.00 a month. Test it first."}


def test_gaps_are_told():
    gap = {"source": "logs:FilterLogEvents", "region": "eu-central-1", "reason": "AccessDenied", "effect": "no memory"}
    answers = succeeded(*list(ANSWERS)[:4], find_savings={**SAVINGS, "gaps": [gap]})
    _, given = turn(conversation("Go.", *answers))
    assert "Not everything could be read (logs:FilterLogEvents)" in given["summary"]


def test_a_cancelled_call_is_made_again():
    cancelled = ("list_functions", "error", "Tool execution cancelled")
    called, _ = turn(conversation("Go.", cancelled, cancelled, cancelled))
    assert called == "list_functions"


def test_a_call_that_fails_twice_is_given_up():
    failed = ("list_functions", "error", "Error: AccessDenied")
    assert turn(conversation("Go.", failed))[0] == "list_functions"
    assert turn(conversation("Go.", failed, failed)) == ("says", "I cannot go on: list_functions keeps failing.")


def test_a_lie_is_told_once():
    prompt = "lie: It saves $99.00."
    told = succeeded(*list(ANSWERS)[:4])
    refused = ("save_report", "error", "Error: The narrative was not accepted:\n- summary: '$99.00'")
    assert "$99.00" in turn(conversation(prompt, *told))[1]["summary"]
    assert "$99.00" not in turn(conversation(prompt, *told, refused))[1]["summary"]


def test_it_falls_silent_when_it_is_asked_to():
    answers = succeeded("list_functions", "read_usage", "find_savings")
    assert turn(conversation("silent", *answers)) == ("says", "I have nothing to say.")


def test_it_fails_when_it_is_asked_to():
    with pytest.raises(RuntimeError, match="out of luck"):
        turn(conversation("fail: out of luck"))


def test_it_fails_only_after_as_many_results_as_it_is_asked_to():
    prompt = "fail after 2: out of luck"
    assert turn(conversation(prompt, *succeeded("list_functions")))[0] == "read_usage"
    with pytest.raises(RuntimeError, match="out of luck"):
        turn(conversation(prompt, *succeeded("list_functions", "read_usage")))


def test_it_hangs_on_its_first_turn_when_it_is_asked_to():
    began = time.monotonic()
    assert turn(conversation("hang: 0.2"))[0] == "list_functions"
    assert time.monotonic() - began >= 0.2


def test_a_turn_takes_as_long_as_the_environment_says(monkeypatch):
    monkeypatch.setenv(scripted_model.STEP_SECONDS_VARIABLE, "0.2")
    began = time.monotonic()
    turn(conversation(), scripted_model.create(None))
    assert 0.2 <= time.monotonic() - began < 1


def test_it_reports_more_input_tokens_the_longer_the_conversation_is():
    def tokens(messages):
        async def collect():
            return [event async for event in ScriptedModel().stream(messages)]

        usage = asyncio.run(collect())[-1]["metadata"]["usage"]
        assert usage["totalTokens"] == usage["inputTokens"] + usage["outputTokens"]
        return usage["inputTokens"]

    assert 0 < tokens(conversation()) < tokens(conversation("Go.", *succeeded("list_functions", "read_usage")))
