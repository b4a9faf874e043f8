"""The commands of the guide, run against the local stack under exactly the documented policy."""

from __future__ import annotations

import json
import re
import shlex

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from local.stack import LocalStack, Options
from runs.cli.main import app
from runs.conversation import Conversations
from runs.errors import MEANINGS
from runs.place.place import Place
from runs.place.place import Stack as PlacedStack
from tests.agent_runs import Roles
from tests.components.recorded import PROJECT
from tests.delivery.pages import block, commands

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
def operator(stack, roles, tmp_path_factory):
    """Return a function that runs a command with only the documented permissions."""
    outputs = tmp_path_factory.mktemp("outputs") / "dev.json"
    outputs.write_text(json.dumps({"agents": {"analyst": dict(stack.outputs)}}, default=str))

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
@pytest.mark.parametrize(("sid", "arguments"), [("ReadJournal", ("list",)), ("Act", ("start",))])
def test_without_a_statement_the_command_is_denied_in_one_line(operator, policy, sid, arguments):
    reduced = policy | {"Statement": [one for one in policy["Statement"] if one["Sid"] != sid]}
    status, _, error = operator(reduced)(*arguments)
    assert (status, error.count("\n")) == (5, 1), error
    assert "docs/operating.md lists what 'runs' needs" in error
