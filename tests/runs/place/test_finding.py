"""How the stack that an operator means is found."""

import json
import os
import stat

import pytest

from runs.errors import ExitStatus, RunsError
from runs.place.finding import find
from runs.place.place import Place
from tests.runs.accounts import OUTPUTS

STACK = {"agents": {"analyst": OUTPUTS, "sizer": OUTPUTS | {"event_bus_name": "sizer-events"}}}


@pytest.fixture
def project(tmp_path):
    return tmp_path


@pytest.fixture
def local(project):
    """Leave the file of a running local stack."""
    path = project / ".local" / "stack.json"
    path.parent.mkdir()
    environment = {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    path.write_text(json.dumps({"outputs": STACK, "environment": environment, "pid": os.getpid()}))
    return path


@pytest.fixture
def pulumi(tmp_path, monkeypatch):
    """Put a command onto PATH that answers as Pulumi's CLI does, and return its script."""
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "pulumi"

    def answer(text, status=0):
        stream = "1" if status == 0 else "2"
        script.write_text(
            f"#!/bin/sh\necho \"$*\" >> '{folder}/calls'\ncat >&{stream} <<'END'\n{text}\nEND\nexit {status}\n"
        )
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        return folder / "calls"

    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return answer


@pytest.mark.usefixtures("local")
def test_the_running_local_stack_is_used_if_nothing_is_named(project):
    place = Place(find(project=project, environment={}))
    assert (place.stack.name, place.agent, place.is_local) == ("local", "analyst", True)
    assert (place.region, place.account) == ("eu-west-1", "123456789012")
    assert place.client("dynamodb").meta.endpoint_url == "http://127.0.0.1:1"


@pytest.mark.usefixtures("local")
def test_a_named_stack_is_read_with_pulumi(project, pulumi):
    calls = pulumi(json.dumps(STACK))
    place = Place(find(project=project, stack="prod", environment={}))
    assert (place.stack.name, place.is_local) == ("prod", False)
    assert calls.read_text() == "stack output --json --non-interactive --stack prod\n"


def test_the_variable_of_pulumi_names_the_stack_too(project, pulumi):
    calls = pulumi(json.dumps(STACK))
    find(project=project, environment={"PULUMI_STACK": "dev"})
    assert "--stack dev" in calls.read_text()


def test_a_file_with_outputs_needs_no_pulumi(project):
    path = project / "prod.json"
    path.write_text(json.dumps(STACK))
    assert find(project=project, outputs=path, environment={}).name == "prod"
    assert find(project=project, environment={"RUNS_OUTPUTS": str(path)}).outputs == STACK


@pytest.mark.usefixtures("local")
def test_an_agent_is_chosen_by_its_name(project):
    stack = find(project=project, environment={})
    assert Place(stack, "sizer").outputs["event_bus_name"] == "sizer-events"
    with pytest.raises(RunsError, match="no agent 'x': choose one of analyst, sizer"):
        Place(stack, "x")


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        ({}, "no output 'agents': deploy it with this version"),
        ({"agents": {"analyst": {}}}, "no output event_bus_name, journal_table_name"),
    ],
)
def test_outputs_of_another_version_are_refused(project, outputs, message):
    path = project / "old.json"
    path.write_text(json.dumps(outputs))
    with pytest.raises(RunsError, match=message):
        Place(find(project=project, outputs=path, environment={}))


def test_pulumi_s_error_is_one_line(project, pulumi):
    pulumi("error: no stack named 'x' found\nmore", status=255)
    with pytest.raises(RunsError, match=r"cannot read the outputs of x: no stack named 'x' found$") as caught:
        find(project=project, stack="x", environment={})
    assert caught.value.status is ExitStatus.NOT_FOUND


@pytest.mark.parametrize(("text", "message"), [("{", "is not JSON"), ("[]", "holds no JSON object")])
def test_a_malformed_file_is_refused(project, text, message):
    path = project / "x.json"
    path.write_text(text)
    with pytest.raises(RunsError, match=message):
        find(project=project, outputs=path, environment={})


def test_without_a_stack_the_error_has_the_remedy(project, monkeypatch):
    monkeypatch.setenv("PATH", str(project))
    with pytest.raises(RunsError, match="no Pulumi CLI: start one with 'make local', or name a file"):
        find(project=project, environment={})
    with pytest.raises(RunsError, match="No local stack is running: start one with 'make local'"):
        find(project=project, stack="local", environment={})
    with pytest.raises(RunsError, match="cannot be read"):
        find(project=project, outputs=project / "missing.json", environment={})


@pytest.mark.usefixtures("local")
@pytest.mark.parametrize("error", [ProcessLookupError, PermissionError])
def test_a_file_that_a_stack_has_left_behind_does_not_count(project, pulumi, monkeypatch, error):
    def kill(_pid, _number):
        raise error

    monkeypatch.setattr(os, "kill", kill)
    pulumi(json.dumps(STACK))
    assert find(project=project, environment={}).name == "selected"
