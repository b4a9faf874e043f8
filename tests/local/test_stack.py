"""The whole system on this machine. All tests of this module share one deployed stack."""

import json
import shlex
import time
from dataclasses import replace

import psutil
import pytest

from local.estate import sample
from local.stack import SCRIPTED_MODEL, LocalStack, Options
from runs.errors import RunsError
from runs.journal.run import Run
from tests.delivery import aws_cli
from tests.delivery.pages import block, commands
from tests.local.raw_requests import OF_WEB_PAGES, of_port, send

pytestmark = pytest.mark.local


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    agent = {**SCRIPTED_MODEL, "MODEL_RETRY_SECONDS": "0.3"}
    with LocalStack(Options(state=tmp_path_factory.mktemp("state"), agent_environment=agent)) as stack:
        stack.deploy()
        stack.fill_estate()
        yield stack


@pytest.fixture(scope="module")
def outcomes(stack):
    """Return a function that returns the outcome events of a session."""
    events, sqs = stack.client("events"), stack.client("sqs")
    bus = stack.outputs["event_bus_name"]
    queue = sqs.create_queue(QueueName="outcomes")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name="outcomes", EventBusName=bus, EventPattern=json.dumps({"detail-type": ["Agent Run Ended"]}))
    events.put_targets(Rule="outcomes", EventBusName=bus, Targets=[{"Id": "queue", "Arn": arn}])
    received = []

    def of(session_id):
        received.extend(
            json.loads(message["Body"])["detail"]
            for message in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        )
        return [detail for detail in received if detail["session_id"] == session_id]

    return of


def test_an_event_of_a_schedule_ends_in_a_report_with_all_known_findings(stack, outcomes):
    run = stack.runs.wait(stack.runs.fire())
    assert (run.status, run.execution_status, run.error) == ("COMPLETED", "SUCCEEDED", None)
    files = stack.runs.fetch(run)
    assert set(files) == {"report.html", "report.md", "findings.csv", "findings.json"}
    findings = json.loads(files["findings.json"].read_text())
    assert findings["session_id"] == run.session_id
    assert findings["gaps"] == []
    # The account also holds the stack's own functions, which may have findings too.
    found = {(finding["function"], finding["rule"], finding["monthly_saving_usd"]) for finding in findings["findings"]}
    assert found >= {(known.function, known.rule, f"{known.saving:.2f}") for known in sample.MIXED.known}
    assert [outcome["status"] for outcome in outcomes(run.session_id)] == ["COMPLETED"]
    assert [record.end_reason for record in stack.data_plane.sessions()] == ["stopped"]


def test_two_concurrent_events_become_two_runs(stack):
    sessions = [stack.runs.request("Look at everything."), stack.runs.request("Look at everything.")]
    runs = [stack.runs.wait(session) for session in sessions]
    assert len(set(sessions)) == 2
    assert [run.status for run in runs] == ["COMPLETED", "COMPLETED"]


def test_an_event_that_is_delivered_twice_becomes_one_run(stack, outcomes):
    machines = stack.client("stepfunctions")
    session = stack.runs.request("Look at everything.")
    while not (first := stack.runs.read(session)).item:
        time.sleep(0.05)
    delivered = machines.describe_execution(executionArn=first.item["execution_arn"])["input"]
    second = machines.start_execution(stateMachineArn=stack.outputs["state_machine_arn"], input=delivered)
    run = stack.runs.wait(session)
    assert (run.status, run.item["attempt"]) == ("COMPLETED", 1)
    assert run.item["execution_arn"] == first.item["execution_arn"]
    assert machines.describe_execution(executionArn=second["executionArn"])["status"] == "SUCCEEDED"
    assert len(outcomes(session)) == 1
    assert len([record for record in stack.data_plane.sessions() if record.session_id == session]) == 1


def test_an_error_of_the_agent_fails_its_run_and_no_other_run(stack, outcomes):
    failed, other = [
        stack.runs.wait(stack.runs.request(prompt)) for prompt in ("fail: no luck today", "Look at everything.")
    ]
    assert (failed.status, failed.execution_status) == ("FAILED", "FAILED")
    assert failed.error == "RuntimeError: no luck today"
    assert "no luck today" in failed.execution_error
    (outcome,) = outcomes(failed.session_id)
    assert (outcome["status"], outcome["error_type"]) == ("FAILED", "RuntimeError")
    assert other.status == "COMPLETED"


def test_a_passing_error_of_the_model_is_repeated_and_handed_over_and_a_final_one_fails_the_run_at_once(
    stack, outcomes
):
    def request(when, code):
        return stack.runs.request(f"fail {when}: An error occurred ({code}) when calling the ConverseStream operation")

    passing = "serviceUnavailableException"
    sessions = [
        request("1 times after 2", passing),
        request("after 2", passing),
        request("after 2", "validationException"),
    ]
    repeated, handed_over, final = (stack.runs.wait(session) for session in sessions)

    assert (repeated.status, repeated.item["attempt"], repeated.error) == ("COMPLETED", 1, None)
    calls = [step.status for step in repeated.steps if step.kind == "MODEL"]
    assert calls[:4] == ["success", "success", "error", "success"]

    assert (handed_over.status, handed_over.item["attempt"]) == ("FAILED", 3)
    assert handed_over.error.startswith(
        "ModelUnavailable: The model was unavailable, at last in attempt 3 of 3: request"
    )
    assert passing in handed_over.error
    starts = [step.name for step in handed_over.steps if step.kind == "START"]
    assert starts == ["Starting from the beginning", *["Continuing a conversation of 5 messages"] * 2]

    assert (final.status, final.item["attempt"]) == ("FAILED", 1)
    assert "validationException" in final.error
    assert "check modelId" in final.error
    assert [step.status for step in final.steps if step.kind == "MODEL"] == ["success", "success", "error"]
    assert [outcomes(session)[0]["status"] for session in sessions] == ["COMPLETED", "FAILED", "FAILED"]


def test_an_invalid_event_fails_its_run_with_an_error_about_the_prompt(stack):
    run = stack.runs.wait(stack.runs.publish("Agent Run Requested", {"prompt": "x" * 100_000}))
    assert run.status == "FAILED"
    assert "prompt" in run.error


def test_the_command_of_the_readme_requests_a_run(stack):
    [command] = [one for one in commands(block("README.md", "pulumi up")) if one.startswith("aws ")]
    called = aws_cli.read(shlex.split(command)[1:])
    response = getattr(stack.client(called.service), called.method)(**called.parameters)
    run = stack.runs.wait(response["Entries"][0]["EventId"])
    assert (run.status, run.item["prompt"]) == ("COMPLETED", "Which functions can be deleted?")


# The last test: its run lasts until the stack is stopped.
def test_every_server_of_the_stack_listens_on_loopback_only_and_refuses_web_pages(stack):
    session_id = stack.runs.request("hang: 60")
    next(run for run in stack.runs.watch(session_id, seconds=60) if run.status == "BUSY")
    tree = [psutil.Process(), *psutil.Process().children(recursive=True)]
    listening = {
        connection.laddr
        for process in tree
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    [record] = [one for one in stack.data_plane.active() if one.session_id == session_id]
    known = {record.port, stack.emulator.port, int(stack.data_plane.endpoint.rsplit(":", 1)[1])}
    assert {address.ip for address in listening} == {"127.0.0.1"}
    assert {address.port for address in listening} >= known
    refused = {
        (address.port, name): send(address.port, "GET", "/", **of_port(headers, address.port))[0]
        for address in listening
        for name, headers in OF_WEB_PAGES.items()
    }
    assert set(refused.values()) == {403}


def test_files_below_a_report_are_fetched_with_their_folders_and_none_outside_it(stack):
    run = stack.runs.wait(stack.runs.request("Look at everything."))
    bucket, _, key = run.item["report_uri"].removeprefix("s3://").partition("/")
    prefix = key.rpartition("/")[0]
    s3 = stack.client("s3")
    s3.put_object(Bucket=bucket, Key=f"{prefix}/charts/cost.svg", Body=b"<svg/>")
    files = stack.runs.fetch(run)
    assert files["charts/cost.svg"].read_text() == "<svg/>"
    assert files["charts/cost.svg"].parent.parent == files["report.html"].parent
    s3.put_object(Bucket=bucket, Key=f"{prefix}/../../stolen", Body=b"x")
    with pytest.raises(RunsError, match=r"which is outside of .*: rename it"):
        stack.runs.fetch(run)
    assert not (files["report.html"].parent.parent / "stolen").exists()
    foreign = replace(run, run=Run.of(run.item | {"report_uri": f"s3://{bucket}/reports/another/report.html"}))
    with pytest.raises(RunsError, match="it is not read"):
        stack.runs.fetch(foreign)
