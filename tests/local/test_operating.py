"""The commands of the guide, run against the local stack under exactly the documented policy."""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
import time
import uuid

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from agent import event_types
from agent.harness.schema import Status
from local.stack import LocalStack, Options
from runs.cli.main import app
from runs.conversation import Conversations
from runs.errors import MEANINGS
from runs.place.place import Place
from runs.place.place import Stack as PlacedStack
from tests.agent_runs import Roles
from tests.components.recorded import PROJECT
from tests.delivery.pages import block, commands
from tests.runs.cli.terminal import Terminal, needs_tmux

GUIDE = (PROJECT / "docs" / "operating.md").read_text()


def test_the_guide_has_the_exit_statuses_of_the_command() -> None:
    assert [line for line in GUIDE.splitlines() if line[:3].strip("| ").isdigit()] == [
        f"| {status} | {meaning} |" for status, meaning in MEANINGS.items()
    ]


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    with LocalStack(Options(state=tmp_path_factory.mktemp("state"))) as stack:
        stack.deploy()
        yield stack


@pytest.fixture(scope="module")
def roles(stack):
    return Roles(stack)


@pytest.fixture(scope="module")
def outputs(stack, tmp_path_factory):
    """Return a file with the outputs of the stack."""
    path = tmp_path_factory.mktemp("outputs") / "dev.json"
    path.write_text(json.dumps({"agents": {"analyst": dict(stack.outputs)}}, default=str))
    return path


@pytest.fixture(scope="module")
def operator(roles, outputs):
    """Return a function that runs a command with only the documented permissions."""

    def with_policy(policy):
        environment = roles.credentials(policy) | {"RUNS_OUTPUTS": str(outputs), "PULUMI_STACK": None, "COLUMNS": "80"}

        def run(*arguments):
            found = CliRunner().invoke(app, list(arguments), env=environment, prog_name="runs")
            assert found.exception is None or isinstance(found.exception, SystemExit), found.exception
            return found.exit_code, found.stdout, found.stderr

        return run

    return with_policy


@pytest.fixture(scope="module")
def policy():
    return json.loads(block("docs/operating.md", "ReadJournal"))


@pytest.mark.local
def test_the_documented_policy_is_sufficient_for_each_command_of_the_guide(stack, operator, policy):
    runs = operator(policy)
    schedule = next(iter(stack.outputs["schedules"]))
    for start in (("--prompt", "Look at everything."), ("--schedule", schedule)):
        status, output, error = runs("start", *start, "--json")
        assert (status, error) == (0, "")
        started = json.loads(output)["session_id"]
        assert runs("watch", started, "--every", "0.2")[0] == 0
    for line in commands(block("docs/operating.md", "runs list --status failed")):
        program, *arguments = shlex.split(line)
        status, output, error = runs(*arguments)
        assert (program, status) == (".venv/bin/runs", 0), (line, output, error)
        assert "Access denied" not in output + error
    assert runs("retry", started)[0] == 0


@pytest.mark.local
def test_a_conversation_is_read_with_its_statement_and_not_without(stack, roles, policy):
    run = stack.runs.wait(stack.runs.request("Look at everything.")).run

    def read(document):
        environment = roles.credentials(document)
        place = Place(PlacedStack(name="dev", outputs={"agents": {"agent": stack.outputs}}, environment=environment))
        return Conversations(place).read(run)

    assert read(policy).messages[0].parts[0].text == "Look at everything."
    reduced = [one for one in policy["Statement"] if one["Sid"] != "ReadConversations"]
    with pytest.raises(ClientError, match="AccessDenied"):
        read(policy | {"Statement": reduced})


@pytest.mark.local
def test_the_session_of_the_guide_prints_what_it_shows(operator, policy):
    runs, session = operator(policy), block("docs/operating.md", "$ runs start")
    shown = dict(re.findall(r"^\$ runs (.+)\n((?:(?!\$ ).*\n)*)", session, re.MULTILINE))
    start, listing, show, retry = shown
    first, again = (re.search(r"Requested (\S+):", shown[command])[1] for command in (start, retry))

    def typed(command, **ids):
        _, output, error = runs(*shlex.split(command.replace(first[:4], ids.get("first", first)[:8])))
        assert error == ""
        return output

    new = re.search(r"Requested (\S+):", started := typed(start))[1]
    assert started.replace(new, first).replace(new[:8], first[:8]) == shown[start]
    assert runs("watch", new, "--every", "0.2")[0] == 1
    assert typed(listing).split()[:5] == shown[listing].split()[:5]
    head = typed(show, first=new).replace(new, first).replace(new[:8], first[:8])
    assert head.startswith(shown[show].removesuffix("...\n"))
    newest = re.search(r"Requested (\S+):", retried := typed(retry, first=new))[1]
    assert retried.replace(newest, again).replace(newest[:8], again[:8]) == shown[retry]


@pytest.mark.local
def test_a_workflow_whose_announcement_was_refused_announces_after_a_redrive(stack, operator, policy):
    runs, machines = operator(policy), stack.client("stepfunctions")
    refusing = _machine_with_refused_announcement(stack, machines)
    announced = _events_of(stack, event_types.RUN_ENDED)
    session_id = str(uuid.uuid4())
    request = {"id": session_id, "time": "2026-11-28T08:00:00Z", "source": "test", "detail": {"prompt": "Look."}}
    arn = machines.start_execution(stateMachineArn=refusing, input=json.dumps(request))["executionArn"]

    def ended():
        while (execution := machines.describe_execution(executionArn=arn))["status"] == "RUNNING":
            time.sleep(0.05)
        return execution["status"]

    assert ended() == "FAILED"
    assert session_id not in announced()
    short = session_id[:8]
    redriven = f"Run {short} continues at Announce: 'runs watch {short}' follows it\n"
    assert runs("redrive", short) == (0, redriven, "")
    assert ended() == "SUCCEEDED"
    assert session_id in announced()
    status, _, error = runs("redrive", session_id)
    assert (status, error.count("\n")) == (2, 1)
    assert "(Execution is SUCCEEDED and cannot be redriven): use 'runs retry'" in error


@pytest.mark.local
def test_an_aborted_workflow_watches_its_run_again_after_a_redrive(stack, operator, policy):
    runs, session_id = operator(policy), stack.runs.request("wait 3: Look at everything.")
    while (run := stack.runs.read(session_id).run) is None or run.status != Status.BUSY:
        time.sleep(0.05)
    stack.client("stepfunctions").stop_execution(executionArn=run.execution_arn)
    assert re.search(r"The workflow is ABORTED at (\w+Run), so nobody watches this run", runs("show", session_id)[1])
    assert runs("redrive", session_id)[0] == 0
    ended = stack.runs.wait(session_id)
    assert (ended.status, ended.execution_status) == ("COMPLETED", "SUCCEEDED")


@pytest.mark.local
def test_a_run_that_failed_in_its_work_is_retried_and_not_redriven(stack, operator, policy):
    failed = stack.runs.wait(stack.runs.request("fail: no luck today")).run
    short = failed.session_id[:8]
    message = f"runs: The workflow of run {short} has done all its work: 'runs retry {short}' repeats the run\n"
    assert operator(policy)("redrive", short) == (2, "", message)


def _machine_with_refused_announcement(stack, machines):
    """Return a copy of the workflow whose first announcement is refused, because only AWS may use its source."""
    workflow = machines.describe_state_machine(stateMachineArn=stack.outputs["state_machine_arn"])
    definition = json.loads(workflow["definition"])
    announce = definition["States"]["Announce"]
    (entry,) = announce["Arguments"]["Entries"]
    redriven = "$exists($states.context.Execution.RedriveCount)"
    entry["Source"] = f"{{% {redriven} ? '{entry['Source']}' : 'aws.states' %}}"
    del announce["Retry"]
    return machines.create_state_machine(
        name=f"{workflow['name']}-refused", definition=json.dumps(definition), roleArn=workflow["roleArn"]
    )["stateMachineArn"]


def _events_of(stack, detail_type):
    """Return a function that returns the runs of the events of one type that have arrived on the bus since."""
    bus, sqs, name = stack.client("events"), stack.client("sqs"), stack.outputs["event_bus_name"]
    queue = sqs.create_queue(QueueName="events")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    bus.put_rule(Name="events", EventBusName=name, EventPattern=json.dumps({"detail-type": [detail_type]}))
    bus.put_targets(Rule="events", EventBusName=name, Targets=[{"Id": "queue", "Arn": arn}])

    def received():
        messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(message["Body"])["detail"]["session_id"] for message in messages]

    return received


@needs_tmux
@pytest.mark.local
def test_watch_redraws_a_block_in_terminals_of_80_and_120_columns(stack, roles, outputs, policy):
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment = kept | roles.credentials(policy) | {"RUNS_OUTPUTS": str(outputs), "TERM": "xterm-256color"}

    def watch(session_id, columns):
        command = [sys.executable, "-m", "runs", "watch", session_id, "--every", "0.2"]
        return Terminal(command, columns=columns, folder=PROJECT, environment=environment)

    session_id = stack.runs.request("wait 300: Which functions can be deleted?")
    with watch(session_id, 80) as narrow, watch(session_id, 120) as wide:
        for terminal, columns in ((narrow, 80), (wide, 120)):
            lines = terminal.wait("start ")
            assert lines[0].startswith(f"● running  {session_id}  0:")
            assert re.fullmatch(r"  attempt 1 · workflow \w+", lines[2])
            assert re.fullmatch(r"  lease   [▓░]{12} \d+ s left", lines[3])
            assert max(map(len, lines)) <= columns
        narrow.press("C-c")
        lines = [line for line in narrow.wait("status ") if line]
        assert lines[-2:] == [f"The run goes on: 'runs watch {session_id[:8]}' follows it again", "status 130"]

    session_id = stack.runs.request("Which functions can be deleted?")
    with watch(session_id, 120) as wide:
        lines = [line for line in wide.wait("status ") if line]
        assert lines[0].startswith(f"✓ completed  {session_id}  0:")
        assert lines[1].startswith("  2 functions cost $")
        assert lines[-1] == "status 0"
        assert sum(session_id in line for line in lines) == 1
        assert max(map(len, lines)) <= 120


@pytest.mark.local
@pytest.mark.parametrize(("sid", "arguments"), [("ReadJournal", ("list",)), ("Act", ("start",))])
def test_without_a_statement_the_command_is_denied_in_one_line(operator, policy, sid, arguments):
    reduced = policy | {"Statement": [one for one in policy["Statement"] if one["Sid"] != sid]}
    status, _, error = operator(reduced)(*arguments)
    assert (status, error.count("\n")) == (5, 1), error
    assert "docs/operating.md lists what 'runs' needs" in error
