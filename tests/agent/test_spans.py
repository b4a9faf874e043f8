"""What the spans of an agent contain, under the variables that the program gives its process."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from strands import Agent, tool
from strands.models import Model
from strands.telemetry import tracer as strands_tracer

from components.runtime.environment import runtime_environment
from components.settings.model import Settings

PROMPT, INSTRUCTIONS, ARGUMENT, RESULT, ANSWER = (
    "the prompt",
    "the instructions",
    "the argument",
    "the result",
    "the answer",
)


class CallsTheTool(Model):
    """Calls `read` once, and answers."""

    def update_config(self, **_: Any) -> None: ...

    def get_config(self) -> dict[str, Any]:
        return {"model_id": "test"}

    def structured_output(self, *_: Any, **__: Any) -> AsyncGenerator[dict[str, Any], None]:
        raise NotImplementedError

    async def stream(self, messages: Any, *_: Any, **__: Any) -> AsyncGenerator[Any, None]:
        answers = len(messages) > 1
        yield {"messageStart": {"role": "assistant"}}
        if answers:
            yield {"contentBlockStart": {"start": {}}}
            yield {"contentBlockDelta": {"delta": {"text": ANSWER}}}
        else:
            yield {"contentBlockStart": {"start": {"toolUse": {"toolUseId": "1", "name": "read"}}}}
            yield {"contentBlockDelta": {"delta": {"toolUse": {"input": f'{{"what": "{ARGUMENT}"}}'}}}}
        yield {"contentBlockStop": {}}
        yield {"messageStop": {"stopReason": "end_turn" if answers else "tool_use"}}


@tool
def read(what: str) -> str:
    """Read something."""
    return f"{RESULT} for {len(what)} characters"


@pytest.fixture
def spans_of(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that runs an agent under the variables of some settings, and returns its spans as text."""

    def run(settings: Settings) -> str:
        for name, value in runtime_environment(settings, journal_table="journal", report_bucket="reports").items():
            monkeypatch.setenv(name, str(value))
        exporter, provider = InMemorySpanExporter(), TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        tracer = strands_tracer.Tracer()
        tracer.tracer = provider.get_tracer("test")
        monkeypatch.setattr(strands_tracer, "_tracer_instance", tracer)
        agent = Agent(model=CallsTheTool(), tools=[read], system_prompt=INSTRUCTIONS, callback_handler=None)
        assert str(agent(PROMPT)).strip() == ANSWER
        return "\n".join(span.to_json() for span in exporter.get_finished_spans())

    return run


def settings(**changes: Any) -> Settings:
    return Settings(model_id="eu.anthropic.claude-haiku-4-5-20251001-v1:0", tags={"owner": "platform"}, **changes)


def test_spans_contain_durations_and_tokens_but_nothing_that_was_said(spans_of: Any) -> None:
    spans = spans_of(settings())
    assert "execute_tool read" in spans
    assert "gen_ai.usage.input_tokens" in spans
    assert not [said for said in (PROMPT, INSTRUCTIONS, ARGUMENT, RESULT, ANSWER) if said in spans]


def test_a_setting_keeps_the_conversation_in_the_spans(spans_of: Any) -> None:
    spans = spans_of(settings(trace_content=True))
    assert not [said for said in (PROMPT, INSTRUCTIONS, ARGUMENT, RESULT, ANSWER) if said not in spans]


def test_the_instrumentation_of_botocore_records_no_messages_by_default() -> None:
    """AWS's distribution for agents records them unless this variable says otherwise."""
    variable = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
    for kept, text in ((False, "false"), (True, "true")):
        environment = runtime_environment(settings(trace_content=kept), journal_table="j", report_bucket="r")
        assert environment[variable] == text
