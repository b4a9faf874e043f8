"""The analyst on an emulated account: the whole agent with a scripted model."""

import hashlib
import json
import logging
import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError
from strands.hooks import AfterToolCallEvent, HookProvider
from strands.types.exceptions import MaxTokensReachedException

from agent.analyst.analyse import analyse, observed
from agent.analyst.report.objects import FolderObjects
from agent.harness import models
from agent.harness.conversation import Conversation
from agent.harness.task import StoppedError, Task
from local.analyst_script.turns import Conversation as Dialogue
from local.analyst_script.turns import next_turn
from local.emulator.emulator import Emulator
from local.estate import filling
from local.estate.golden import SINGLE
from local.scripted_model import ScriptedModel
from tests.agent.harness.test_tokens import CachingModel
from tests.agent.settings import SETTINGS
from tests.bedrock_server import Refusal, Turn
from tests.costs import golden

pytestmark = pytest.mark.local

BUCKET = "reports"
FORBIDDEN = Refusal(status=403, code="AccessDeniedException")
REFUSED = Refusal(status=400, code="ValidationException")
TOOLS = ["list_functions", "read_usage", "find_savings", "inspect_functions", "save_report"]


class DyingModel(ScriptedModel):
    """Follows the script until it has seen a number of tool results, then raises an error."""

    results_to_see = 0

    async def stream(self, messages, *args, **kwargs):
        results = sum("toolResult" in block for message in messages for block in message["content"])
        if results >= self.results_to_see:
            raise ConnectionAbortedError("The machine is gone")
        async for event in super().stream(messages, *args, **kwargs):
            yield event


class VerboseModel(ScriptedModel):
    """Runs out of output tokens in its first turn."""

    async def stream(self, *_, **__):
        raise MaxTokensReachedException("Model stopped generating due to maximum token limit.")
        yield


def dying(_settings):
    return DyingModel()


def verbose(_settings):
    return VerboseModel()


def caching(_settings):
    return CachingModel()


def playing(_settings):
    return ScriptedModel()


def bedrock_model(settings):
    return models.bedrock(replace(settings, model_id="eu.anthropic.claude-haiku-4-5-20251001-v1:0"))


class CalledTools(HookProvider):
    """Records the tool calls with their status."""

    def __init__(self):
        self.calls = []

    def register_hooks(self, registry, **_):
        registry.add_callback(AfterToolCallEvent, self._note)

    def _note(self, event):
        self.calls.append((event.tool_use["name"], event.result["status"]))

    @property
    def names(self):
        return [name for name, _ in self.calls]


@pytest.fixture(scope="module")
def emulator(tmp_path_factory):
    with Emulator(tmp_path_factory.mktemp("emulator")) as running:
        yield running


@pytest.fixture(scope="module")
def account(emulator):
    account = emulator.account
    filling.fill(account.client, SINGLE, datetime.now(UTC))
    account.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": account.region})
    with pytest.MonkeyPatch.context() as patch:
        for name, value in account.environment().items():
            patch.setenv(name, value)
        yield account


@pytest.fixture
def script(account, bedrock):
    """Return a stand-in for Bedrock that plays the analyst."""
    assert account  # sets the credentials first

    def play(request):
        said = next_turn(Dialogue(request["messages"]))
        return Turn(tool=said["tool"], arguments=said["input"]) if "tool" in said else Turn(text=said["text"])

    bedrock.play = play
    return bedrock


@pytest.fixture
def s3(account):
    return account.client("s3")


@pytest.fixture
def session_id(request):
    """Return a session id that only this test uses, so that tests do not share reports and conversations."""
    return hashlib.sha256(request.node.name.encode()).hexdigest()[:36]


@pytest.fixture
def task(account, session_id):
    assert account  # sets the environment variables

    def build(*, model="playing", max_turns=20, max_tokens=1_000_000, **changes):
        settings = replace(
            SETTINGS,
            report_bucket=BUCKET,
            model_factory=f"{__name__}:{model}",
            max_turns=max_turns,
            max_tokens=max_tokens,
        )
        return Task(
            **{
                "session_id": session_id,
                "attempt": 1,
                "prompt": "Analyse the account.",
                "cancel_signal": threading.Event(),
                "report_progress": lambda _: None,
                "record_start": lambda _: None,
                "hooks": [],
                "settings": settings,
                **changes,
            }
        )

    return build


def die_after(task, results, monkeypatch):
    """Run a first attempt that dies after a number of tool results."""
    monkeypatch.setattr(DyingModel, "results_to_see", results)
    with pytest.raises(ConnectionAbortedError):
        analyse(task(model="dying"))


def last_message(s3, session_id):
    """Return the key of the newest message of a conversation."""
    prefix = f"conversations/session_{session_id}-1/agents/agent_default/messages/"
    keys = [found["Key"] for found in s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)["Contents"]]
    return max(keys, key=lambda key: int(key.rpartition("_")[2].removesuffix(".json")))


def fetched(s3, key):
    return s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()


def findings(s3, session_id, attempt=1):
    return json.loads(fetched(s3, f"reports/{session_id}/attempt-{attempt}/findings.json"))


class TestReport:
    def test_it_contains_the_known_findings_of_the_estate(self, task, s3, session_id):
        analyse(task())
        document = findings(s3, session_id)
        assert document["totals"]["monthly_cost_usd"] == str(SINGLE.cost)
        assert document["totals"]["monthly_saving_usd"] == str(SINGLE.saving)
        assert {(found["function"], found["rule"]) for found in document["findings"]} == {
            (known.function, known.rule) for known in SINGLE.known
        }

    def test_the_outcome_contains_the_page_and_the_tokens_used(self, task, s3, session_id):
        outcome = analyse(task())
        key = f"reports/{session_id}/attempt-1/report.html"
        assert outcome.report_uri == f"s3://{BUCKET}/{key}"
        assert outcome.report_sha256 == hashlib.sha256(fetched(s3, key)).hexdigest()
        assert outcome.usage["turns"] == 6
        assert outcome.usage["tool_calls"] == 5
        assert outcome.usage["total_tokens"] == outcome.usage["input_tokens"] + outcome.usage["output_tokens"] > 0
        assert "$25.67" in outcome.summary

    def test_the_remarks_of_the_model_appear_with_the_findings(self, task, s3, session_id):
        analyse(task())
        document = findings(s3, session_id)
        remarks = [found["remark"] for found in document["findings"] if found["remark"]]
        assert len(remarks) == 2
        assert all("invoice-mailer costs $25.67 a month." in remark for remark in remarks)

    def test_progress_is_reported(self, task):
        reported = []
        analyse(task(report_progress=reported.append))
        assert "Listing the functions of eu-central-1" in reported
        assert "Reading the usage of 1 functions" in reported

    def test_a_wrong_figure_is_refused_until_it_is_removed(self, task, s3, session_id):
        called = CalledTools()
        analyse(task(prompt="lie: In a year that makes $121.56, or 47.3%.", hooks=[called]))
        assert called.calls[-2:] == [("save_report", "error"), ("save_report", "success")]
        assert "$121.56" not in findings(s3, session_id)["summary"]

    def test_a_silent_model_gets_a_report_with_a_computed_summary(self, task, s3, session_id):
        outcome = analyse(task(prompt="silent"))
        assert outcome.summary.startswith("1 Lambda function costs $25.67 a month at list prices.")
        assert findings(s3, session_id)["totals"]["monthly_saving_usd"] == "10.13"

    def test_a_model_that_reaches_its_turn_limit_gets_a_report(self, task, caplog):
        caplog.set_level(logging.INFO, logger="agent")
        outcome = analyse(task(max_turns=2))
        assert "The agent stopped: limit_turns" in caplog.messages
        assert "$25.67" in outcome.summary

    @pytest.mark.parametrize(("max_tokens", "turns"), [(25_500, 1), (25_501, 2)])
    def test_the_limit_on_tokens_counts_cached_tokens(self, task, caplog, max_tokens, turns):
        caplog.set_level(logging.INFO, logger="agent")
        outcome = analyse(task(model="caching", max_tokens=max_tokens))
        assert "The agent stopped: limit_total_tokens" in caplog.messages
        assert outcome.usage["turns"] == turns
        assert outcome.usage["total_tokens"] == turns * 25_500
        assert outcome.usage.items() >= {name: turns * count for name, count in golden.COUNTS.items()}.items()

    def test_a_model_that_cannot_continue_gets_a_report(self, task, caplog):
        caplog.set_level(logging.INFO, logger="agent")
        outcome = analyse(task(model="verbose"))
        assert "The agent stopped: max_tokens" in caplog.messages
        assert "$25.67" in outcome.summary

    def test_an_input_that_cannot_be_shortened_gets_a_report(self, task, script, caplog):
        caplog.set_level(logging.INFO, logger="agent")
        script.longest_input = 400
        outcome = analyse(task(model="bedrock_model"))
        assert "The agent stopped: max_tokens" in caplog.messages
        assert "$25.67" in outcome.summary

    def test_a_second_run_reports_the_changes(self, task, s3, session_id):
        analyse(task())
        assert not analyse(task(session_id=f"{session_id}-2")).changed
        changes = findings(s3, f"{session_id}-2")["changes"]
        assert changes["new"] == []
        assert changes["resolved"] == {}
        assert changes["regressed"] == []

    def test_an_unreadable_report_of_another_run_becomes_a_gap(self, task, s3, session_id):
        analyse(task())
        key = f"reports/{session_id}/attempt-1/findings.json"
        older = {**findings(s3, session_id), "schema_version": 1}
        s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(older).encode())
        assert analyse(task(session_id=f"{session_id}-2")).changed
        document = findings(s3, f"{session_id}-2")
        assert document["changes"] is None
        assert document["gaps"][-1]["reason"] == "its schema version is 1, and only 2 and 3 are understood"
        analyse(task(session_id=f"{session_id}-3"))
        assert findings(s3, f"{session_id}-3")["changes"] is not None


class TestResuming:
    @pytest.mark.parametrize("done", range(len(TOOLS)), ids=[f"after_{n}_calls" for n in range(len(TOOLS))])
    def test_a_second_attempt_makes_only_the_missing_calls(self, task, monkeypatch, done):
        die_after(task, done, monkeypatch)
        called = CalledTools()
        analyse(task(attempt=2, hooks=[called]))
        assert called.calls == [(tool, "success") for tool in TOOLS[done:]]

    @pytest.mark.parametrize("done", range(1, len(TOOLS)))
    def test_a_call_whose_result_was_lost_is_made_again(self, task, s3, session_id, monkeypatch, done):
        die_after(task, done, monkeypatch)
        s3.delete_object(Bucket=BUCKET, Key=last_message(s3, session_id))
        called = CalledTools()
        outcome = analyse(task(attempt=2, hooks=[called]))
        assert called.calls == [(tool, "success") for tool in TOOLS[done - 1 :]]
        assert outcome.report_uri.endswith("/attempt-2/report.html")

    def test_a_saved_report_is_not_made_again(self, task, monkeypatch):
        die_after(task, len(TOOLS), monkeypatch)
        called, reported = CalledTools(), []
        outcome = analyse(task(attempt=2, hooks=[called], report_progress=reported.append))
        assert called.calls == []
        assert outcome.report_uri.endswith("/attempt-1/report.html")
        assert outcome.usage["total_tokens"] == 0

    def test_facts_of_an_earlier_attempt_are_not_read_again(self, task, monkeypatch):
        die_after(task, 3, monkeypatch)
        reported = []
        analyse(task(attempt=2, report_progress=reported.append, record_start=reported.append))
        assert "Continuing a conversation of 7 messages" in reported
        assert "Using what an earlier attempt has read of 1 functions" in reported
        assert not any(line.startswith(("Listing", "Reading")) for line in reported)

    def test_a_malformed_conversation_is_restarted(self, task, s3, session_id, monkeypatch):
        die_after(task, 2, monkeypatch)
        s3.put_object(Bucket=BUCKET, Key=last_message(s3, session_id), Body=b"{")
        called, reported = CalledTools(), []
        analyse(task(attempt=2, hooks=[called], record_start=reported.append))
        assert called.names == TOOLS
        assert "Starting over: the earlier conversation cannot be restored" in reported

    def test_a_conversation_that_the_model_refuses_is_restarted_once(self, task, s3, session_id, script):
        script.answers = [*(Turn(tool=tool) for tool in TOOLS[:2]), FORBIDDEN]
        with pytest.raises(ClientError, match="AccessDenied"):
            analyse(task(model="bedrock_model"))
        prompt = last_message(s3, session_id).rpartition("_")[0] + "_0.json"
        s3.delete_object(Bucket=BUCKET, Key=prompt)
        called, starts = CalledTools(), []
        outcome = analyse(task(model="bedrock_model", attempt=2, hooks=[called], record_start=starts.append))
        assert starts == [
            "Continuing a conversation of 4 messages",
            "Starting over: the model refuses the earlier conversation",
        ]
        assert called.names == TOOLS
        assert outcome.report_uri.endswith("/attempt-2/report.html")

    def test_a_new_conversation_that_the_model_refuses_too_is_an_error(self, task, script):
        script.answers = [Turn(tool=TOOLS[0]), FORBIDDEN]
        with pytest.raises(ClientError, match="AccessDenied"):
            analyse(task(model="bedrock_model"))
        script.answers = [REFUSED, REFUSED]
        with pytest.raises(ClientError, match="ValidationException"):
            analyse(task(model="bedrock_model", attempt=2))
        assert script.answers == []

    def test_an_unreachable_conversation_is_restarted(self, task, monkeypatch):
        die_after(task, 2, monkeypatch)

        def slow_down(*_):
            raise ClientError({"Error": {"Code": "SlowDown", "Message": "later"}}, "CopyObject")

        monkeypatch.setattr(Conversation, "_copy", slow_down)
        called, reported = CalledTools(), []
        analyse(task(attempt=2, hooks=[called], record_start=reported.append))
        assert called.names == TOOLS
        assert "Starting over: the earlier conversation cannot be restored" in reported

    def test_an_attempt_does_not_change_the_conversation_of_the_one_before(self, task, s3, session_id, monkeypatch):
        """A zombie of the earlier attempt may still write to its conversation and must not damage the new one."""

        def kept():
            listed = s3.list_objects_v2(Bucket=BUCKET, Prefix=f"conversations/session_{session_id}-1/")["Contents"]
            return {found["Key"]: found["ETag"] for found in listed}

        die_after(task, 2, monkeypatch)
        before = kept()
        analyse(task(attempt=2))
        assert kept() == before

    def test_an_attempt_continues_the_latest_conversation(self, task, monkeypatch):
        die_after(task, 2, monkeypatch)
        called, starts = CalledTools(), []
        analyse(task(attempt=3, hooks=[called], record_start=starts.append))
        assert called.names == TOOLS[2:]
        assert starts == ["Continuing a conversation of 5 messages"]

    def test_a_first_attempt_records_that_it_starts_from_the_beginning(self, task):
        starts = []
        analyse(task(record_start=starts.append))
        assert starts == ["Starting from the beginning"]

    def test_a_conversation_that_ended_without_a_report_is_continued(self, task):
        analyse(task(prompt="silent"))
        outcome = analyse(task(attempt=2, prompt="silent"))
        assert outcome.report_uri.endswith("/attempt-2/report.html")


class TestStopping:
    def test_a_stopped_run_saves_no_report(self, task, s3, session_id):
        stop = threading.Event()
        stop.set()
        with pytest.raises(StoppedError):
            analyse(task(cancel_signal=stop))
        assert "Contents" not in s3.list_objects_v2(Bucket=BUCKET, Prefix=f"reports/{session_id}/attempt-1")

    def test_a_stopped_attempt_is_continued_by_the_next_one(self, task):
        stop = threading.Event()
        called = CalledTools()
        with pytest.raises(StoppedError):
            analyse(task(cancel_signal=stop, report_progress=lambda line: stop.set() if "usage" in line else None))
        analyse(task(attempt=2, hooks=[called]))
        assert [name for name, status in called.calls if status == "success"] == TOOLS[1:]

    def test_an_error_of_the_model_fails_the_run_with_its_message(self, task):
        with pytest.raises(RuntimeError, match="No more tokens for you"):
            analyse(task(prompt="fail: No more tokens for you"))

    def test_an_error_in_a_later_turn_fails_the_run_with_the_original_error(self, task):
        with pytest.raises(RuntimeError, match="Halfway"):
            analyse(task(prompt="fail after 2: Halfway"))


def test_the_window_is_the_last_fourteen_whole_days_in_utc():
    window = observed(datetime.fromisoformat("2026-11-24T00:30:00+02:00"))
    assert window.start == datetime(2026, 11, 9, tzinfo=UTC)
    assert window.end == datetime(2026, 11, 23, tzinfo=UTC)


def test_a_local_analysis_needs_no_bucket(task, tmp_path):
    task = task(session_id="own-machine")
    outcome = analyse(replace(task, settings=replace(task.settings, report_bucket="")), objects=FolderObjects(tmp_path))
    assert outcome.report_uri == (tmp_path / "reports/own-machine/attempt-1/report.html").as_uri()
    assert "$25.67" in outcome.summary
