"""The command `runs` of the environment, as a shell starts it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from runs.place.place import Place, Stack
from tests.components.recorded import PROJECT
from tests.runs.accounts import OUTPUTS, StackAccount
from tests.runs.cli.conftest import BUSY
from tests.runs.cli.terminal import Terminal, needs_tmux

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server():
    """Return the endpoint of an account that other processes can reach."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture(scope="module")
def project(tmp_path_factory, server):
    """Return a project in a folder with spaces, with the file of a running local stack."""
    project = tmp_path_factory.mktemp("Mein Ordner") / "agent runs"
    (project / ".local").mkdir(parents=True)
    (project / ".venv" / "bin").mkdir(parents=True)
    shutil.copytree(PROJECT / "runs", project / "runs", ignore=shutil.ignore_patterns("__pycache__"))
    for part in ("agent", "costs"):
        (project / part).symlink_to(PROJECT / part)
    python, launcher = project / ".venv" / "bin" / "python", project / ".venv" / "bin" / "runs"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    shutil.copy(PROJECT / "runs" / "launcher.sh", launcher)
    python.chmod(0o755)
    launcher.chmod(0o755)
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_ENDPOINT_URL": server}
    outputs = {"agents": {"analyst": OUTPUTS}}
    (project / ".local" / "stack.json").write_text(
        json.dumps({"outputs": outputs, "environment": keys, "pid": os.getpid()})
    )
    account = StackAccount(Place(Stack(name="local", outputs=outputs, environment=keys)))
    for number in range(300):
        account.add_run(f"{number:08d}-1111-4222-8333-444455556666", minutes_ago=number, summary="Savings – found")  # noqa: RUF001
    account.add_run(BUSY, minutes_ago=-1, status="BUSY")
    return project


def start(project: Path, command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a shell's command from another folder; `runs` is the launcher."""
    path = f"{project / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RUNS_", "PULUMI_", "COLUMNS"))}
    return subprocess.run(
        ["/bin/bash", "-c", f"set -o pipefail; {command}"],
        cwd="/",
        env={**kept, "PATH": path, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_finds_its_project_from_any_folder_and_through_a_link(project, tmp_path):
    (tmp_path / "linked").symlink_to(project / ".venv" / "bin" / "runs")
    for command in ("runs", f"'{tmp_path / 'linked'}'"):
        done = start(project, f"{command} list --since 9999w --limit 3")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.splitlines()[1].split()[2] == "8d76db61"


def test_a_closed_pipe_prints_no_traceback(project):
    done = start(project, "runs list --since 9999w --limit 300 --json | head -1")
    assert (done.stdout, done.stderr) == ('{"runs": [\n', "")
    assert done.returncode in {0, 141}


def test_a_file_gets_no_colours_and_an_ascii_terminal_gets_ascii(project):
    done = start(project, "runs list --since 9999w", PYTHONIOENCODING="ascii")
    assert "\x1b" not in done.stdout
    assert done.stdout.isascii()
    assert "* running" in done.stdout
    assert "Savings - found" in done.stdout
    assert start(project, "runs --help", PYTHONIOENCODING="ascii").returncode == 0


def test_no_color_is_respected(project):
    coloured = start(project, "runs list --since 9999w", FORCE_COLOR="1", TERM="xterm")
    plain = start(project, "runs list --since 9999w", FORCE_COLOR="1", TERM="xterm", NO_COLOR="1")
    assert "\x1b[36m● running" in coloured.stdout
    assert "\x1b[" not in plain.stdout


def test_ids_are_completed(project):
    done = start(project, "runs x", _RUNS_COMPLETE="complete_bash", COMP_WORDS="runs show 8d", COMP_CWORD="2")
    assert done.stdout.split() == [BUSY]
    # The command asks which shell has started it. Bash would replace itself by its last command.
    shown = start(project, "runs --show-completion; true").stdout
    assert "complete -o default -F _runs_completion runs" in shown


def test_a_stack_that_does_not_respond_prints_one_line(project, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nobody listens
        port = taken.getsockname()[1]
        outputs = tmp_path / "dev.json"
        outputs.write_text(json.dumps({"agents": {"analyst": OUTPUTS}}))
        done = start(
            project,
            f"runs --outputs {outputs} list",
            AWS_ENDPOINT_URL=f"http://127.0.0.1:{port}",
            AWS_ACCESS_KEY_ID="test",
            AWS_SECRET_ACCESS_KEY="test",
            AWS_MAX_ATTEMPTS="1",
        )
    assert (done.returncode, done.stderr.count("\n")) == (6, 1)
    assert "check the network, or whether the local stack is still running" in done.stderr


@needs_tmux
def test_an_error_breaks_between_words_in_a_terminal(project):
    command = [str(project / ".venv" / "bin" / "runs"), "--stack", "local", "show", "nope"]
    with Terminal(command, columns=40, folder=project, environment={"PATH": os.environ["PATH"]}) as terminal:
        assert terminal.wait("status 4")[:2] == [
            "runs: There is no run 'nope': 'runs",
            "list' shows those of the last 30 days",
        ]
