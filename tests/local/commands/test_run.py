import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from local import cli, processes
from local.commands.run import RunCommand
from local.commands.run_request import Request
from local.configuration import checked_settings
from local.estate.sample import MIXED
from local.processes import STATE
from local.stack import WAIT_SCALE, LocalStack
from local.terminal.signals import Signals
from local.up.command import UpCommand
from local.up.stack_file import StackFile
from tests.delivery.pages import block
from tests.local.children import read_until

pytestmark = pytest.mark.local

COMMAND = [sys.executable, "-m", "local"]


def run(*arguments, umask=-1):
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=processes.PROJECT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        umask=umask,
    )


@pytest.fixture
def started():
    """Return a function that starts the command. The command is killed if the test does not end it."""
    children = []

    def start(*arguments):
        child = subprocess.Popen(
            [*COMMAND, *arguments],
            cwd=processes.PROJECT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        children.append(child)
        return child

    yield start
    for child in children:
        child.kill()
        child.communicate()


@pytest.fixture(scope="module")
def existing():
    """Return a report of an earlier run, which everybody may read and write."""
    report = STATE / "reports" / f"existing-{uuid.uuid4()}" / "report.md"
    report.parent.mkdir(parents=True)
    report.touch()
    for path, mode in ((report, 0o666), (report.parent, 0o777), (STATE, 0o755)):
        path.chmod(mode)
    return report


@pytest.fixture(scope="module")
def completed(existing):  # noqa: ARG001  # the run finds the report
    """Return the command that has run the prod stack, started without a umask."""
    return run("run", "--json", "--stack", "prod", umask=0)


def test_a_run_of_the_prod_stack_prints_one_json_object_and_keeps_its_report(completed):
    assert completed.returncode == 0, completed.stderr
    answer = json.loads(completed.stdout)
    assert answer["status"] == "COMPLETED"
    assert set(answer["seconds"]) == {"start", "estate", "deploy", "run"}
    assert "<html" in Path(answer["report"]["html"]).read_text()
    assert answer["session_id"] in completed.stderr
    port = int(re.search(r"http://127\.0\.0\.1:(\d+)", completed.stderr).group(1))
    assert processes.is_free(port)


def test_the_files_of_a_run_are_private_to_the_user_even_without_a_umask(completed, existing):
    report = Path(json.loads(completed.stdout)["report"]["html"]).parent
    logs = processes.PROJECT / re.search(r"logs in (\S+)", completed.stderr).group(1)
    left = [*report.rglob("*"), *logs.rglob("*"), report, logs, existing, existing.parent, STATE]
    assert len(left) > 10
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in left}
    assert [path for path, mode in modes.items() if mode != (0o700 if path.is_dir() else 0o600)] == []


@pytest.mark.parametrize(
    ("number", "moment"),
    [(signal.SIGTERM, "start"), (signal.SIGINT, "running")],
    ids=["SIGTERM while it deploys", "Ctrl-C while the agent works"],
)
def test_a_signal_stops_everything_and_prints_one_line(started, number, moment):
    child = started("run", "--prompt", "hang: 60")
    output = read_until(child, moment)
    assert ("The scripted model heeds only names" in output) == (moment == "running")
    child.send_signal(number)
    rest, errors = child.communicate(timeout=60)
    assert child.returncode == 128 + number
    assert f"Stopping all processes ({number.name})\n" in rest
    assert errors == f"Interrupted ({number.name}): all processes are stopped\n"
    port = int(re.search(r"http://127\.0\.0\.1:(\d+)", output).group(1))
    assert processes.is_free(port)


def test_a_port_in_use_is_an_error_with_its_remedy():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run("run", "--port", str(port))
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == (
        f"Port {port} is in use: end the process that listens there, or choose another port with --port\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "--stack", "../x"], "'../x' is not a stack's name"),
        (["run", "--seconds", "-5"], "'-5' is not a time: give a number of seconds above 0"),
    ],
)
def test_a_wrong_command_is_an_error_with_its_remedy_and_starts_nothing(arguments, message):
    done = run(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def parsed(monkeypatch, capsys):
    """Return a function that parses a command line which starts nothing, and returns its status and its output."""

    def parse(*arguments):
        monkeypatch.setattr(sys, "argv", ["local", *arguments])
        return cli.main(), *capsys.readouterr()

    return parse


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "--seconds", "nan"], "'nan' is not a time"),
        (["run", "--seconds", "inf"], "'inf' is not a time"),
        (["run", "--seconds", "0"], "'0' is not a time"),
        (["run", "--seconds", "soon"], "'soon' is not a time"),
        (["run", "--port", "http"], "'http' is not a port: give a number from 1024 to 65535"),
        (["run", "--prompt", " "], "the prompt is blank: give a text, or leave out --prompt"),
        (["run", "--prompt", os.fsdecode(b"a\xff")], "the prompt is not valid in the terminal's encoding"),
        ([], "the following arguments are required: command"),
    ],
)
def test_a_wrong_argument_is_an_error_with_its_remedy(parsed, arguments, message):
    status, output, error = parsed(*arguments)
    assert (status, output) == (2, "")
    assert message in error


def test_with_json_an_error_before_the_run_is_a_json_object_too():
    done = run("run", "--json", "--stack", "nowhere")
    assert done.returncode == 2
    error = json.loads(done.stdout)["error"]
    assert error.startswith("There is no stack 'nowhere': choose one of dev, prod")
    assert done.stderr == f"{error}\n"


@pytest.fixture
def program(tmp_path, monkeypatch):
    """A program whose stack `dev` has wrong settings. The command runs it in place of the project's."""
    (tmp_path / "Pulumi.yaml").write_text("name: sample\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config:\n  sample:maxTurns: many\n  sample:unknown: 1\n")
    monkeypatch.setattr("local.commands.run_request.PROJECT", tmp_path)
    return tmp_path


REQUEST = Request(stack="dev", prompt=None, as_json=False, port=None, seconds=1.0, agent=None)


@pytest.mark.usefixtures("program")
def test_wrong_settings_are_all_reported_and_nothing_is_started(capsys, monkeypatch):
    monkeypatch.setattr(LocalStack, "start", lambda _: pytest.fail("it was started"))
    with Signals() as signals:
        status = RunCommand(REQUEST).execute(signals)
    assert status == 2
    errors = capsys.readouterr().err
    assert "sample:maxTurns" in errors
    assert "sample:unknown" in errors


@pytest.mark.parametrize("command", [RunCommand(REQUEST), UpCommand("dev")], ids=["run", "up"])
def test_a_model_factory_that_the_agent_cannot_import_is_refused_before_anything_starts(
    program, capsys, monkeypatch, command
):
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml", "__main__.py"):
        shutil.copy(processes.PROJECT / name, program)
    with (program / "Pulumi.dev.yaml").open("a") as stack:
        stack.write("  agent-runs:modelFactory: agent.harness.model:bedrock\n")
    monkeypatch.setattr(LocalStack, "start", lambda _: pytest.fail("it was started"))
    monkeypatch.setattr(command, "_file", StackFile(program), raising=False)
    with Signals() as signals:
        assert command.execute(signals) == 2
    assert "has no module agent.harness.model. Did you mean agent.harness.models?" in capsys.readouterr().err


def test_an_unexpected_error_is_one_line_that_names_the_log_with_its_trace(capsys, monkeypatch):
    def fail(_):
        raise KeyError("nobody expects this")

    monkeypatch.setattr(LocalStack, "start", fail)
    monkeypatch.chdir(processes.PROJECT)
    with Signals() as signals:
        status = RunCommand(REQUEST).execute(signals)
    assert status == 3
    pattern = r"The command failed \(KeyError\('nobody expects this'\)\): read (\.local/logs/.+)\n"
    [log] = re.fullmatch(pattern, capsys.readouterr().err).groups()
    assert "Traceback" in (processes.PROJECT / log).read_text()


def test_an_agent_s_times_are_shorter_than_on_aws_but_a_lease_outlasts_many_heartbeats():
    budgets = checked_settings(processes.PROJECT, "dev").budgets
    environment = REQUEST.checked_options().agent_environment
    heartbeat, lease, retry = (float(environment[f"{name}_SECONDS"]) for name in ("HEARTBEAT", "LEASE", "MODEL_RETRY"))
    assert heartbeat == pytest.approx(budgets.heartbeat_seconds * WAIT_SCALE)
    assert retry == pytest.approx(budgets.model_retry_seconds * WAIT_SCALE)
    assert 30 * heartbeat < lease < budgets.lease_seconds


@pytest.mark.parametrize("command", ["run", "up", "down", "analyse"])
def test_the_help_fits_a_terminal_of_80_columns(parsed, monkeypatch, command):
    monkeypatch.setenv("COLUMNS", "80")
    status, output, _ = parsed(command, "--help")
    assert status == 0
    assert output.startswith("usage: ")
    assert [line for line in output.splitlines() if len(line) > 80] == []


def test_a_run_whose_reader_leaves_ends_silently_and_stops_everything(started):
    child = started("run", "--prompt", "hang: 60")
    port = int(re.search(r"http://127\.0\.0\.1:(\d+)", read_until(child, "start")).group(1))
    child.stdout.close()
    child.wait(timeout=60)
    assert (child.returncode, child.stderr.read()) == (141, "")
    assert processes.is_free(port)


def test_the_readme_shows_what_a_run_prints():
    readme = block("README.md", "emulated account at")
    snapshot = (processes.PROJECT / "snapshots" / "dev.txt").read_text()
    [resources] = re.findall(r"^# (\d+) resources;", snapshot, re.MULTILINE)
    functions = len(MIXED.functions)
    assert f"estate  {functions} sample functions with 14 days of metrics\n" in readme
    assert f"stack dev: {resources} resources; its own 2 functions are analysed too\n" in readme
    assert f"{functions + 2} functions cost ${MIXED.cost} a month. ${MIXED.saving} (" in readme


def test_documents_name_a_python_that_has_the_packages():
    documents = [processes.PROJECT / "README.md", *(processes.PROJECT / "docs").rglob("*.md")]
    commands = [command for page in documents for command in re.findall(r"\S*python3? -m \w+", page.read_text())]
    assert {command.strip("`").partition(" ")[0] for command in commands} == {".venv/bin/python"}
