import json
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from local import processes

pytestmark = pytest.mark.local

COMMAND = [sys.executable, "-m", "local"]


def run(*arguments):
    return subprocess.run(
        [*COMMAND, *arguments], cwd=processes.PROJECT, capture_output=True, text=True, timeout=100, check=False
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


def read_until(child, text):
    lines = []
    while not lines or text not in lines[-1]:
        line = child.stdout.readline()
        assert line, f"the command ended: {lines} {child.stderr.read()}"
        lines.append(line)
    return "".join(lines)


def test_a_run_of_the_prod_stack_prints_one_json_object_and_keeps_its_report():
    done = run("run", "--json", "--stack", "prod")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["status"] == "COMPLETED"
    assert set(answer["seconds"]) == {"start", "estate", "deploy", "run"}
    assert "<html" in Path(answer["report"]["html"]).read_text()
    assert answer["session_id"] in done.stderr
    port = int(re.search(r"http://127\.0\.0\.1:(\d+)", done.stderr).group(1))
    assert processes.is_free(port)


@pytest.mark.parametrize(
    ("number", "moment"),
    [(signal.SIGTERM, "start"), (signal.SIGINT, "BUSY")],
    ids=["SIGTERM while it deploys", "Ctrl-C while the agent works"],
)
def test_a_signal_stops_everything_and_prints_one_line(started, number, moment):
    child = started("run", "--prompt", "hang: 60")
    output = read_until(child, moment)
    child.send_signal(number)
    _, errors = child.communicate(timeout=30)
    assert child.returncode == 128 + number
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
        (["run", "--stack", "nowhere"], "There is no stack 'nowhere': choose one of dev, prod"),
        (["run", "--port", "http"], "'http' is not a port: give a number from 1024 to 65535"),
        (["run", "--prompt", " "], "the prompt is blank: give a text, or leave out --prompt"),
        ([], "the following arguments are required: command"),
    ],
)
def test_a_wrong_command_is_an_error_with_its_remedy_and_starts_nothing(arguments, message):
    done = run(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_with_json_an_error_before_the_run_is_a_json_object_too():
    done = run("run", "--json", "--stack", "nowhere")
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"].startswith("There is no stack 'nowhere'")
