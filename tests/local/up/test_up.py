"""The stack that `up` keeps up. Each test has its own in a copy of the project: the developer may have one up too."""

import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import psutil
import pytest

from local import processes
from runs.place.finding import find
from runs.place.place import Place
from tests.delivery.pages import block
from tests.local.children import read_until

pytestmark = pytest.mark.local

FOLDERS = ("agent", "components", "costs", "functions", "local", "runs")
FILES = ("__main__.py", "Pulumi.yaml", "Pulumi.dev.yaml", "pyproject.toml", "uv.lock", "README.md")
# The bundles are built once, and shared.
CACHE = ".cache"


@pytest.fixture
def project(tmp_path):
    """Copy the project, and return the copy's folder."""
    for name in FOLDERS:
        shutil.copytree(processes.PROJECT / name, tmp_path / name)
    for name in FILES:
        shutil.copy2(processes.PROJECT / name, tmp_path / name)
    (tmp_path / CACHE).symlink_to(processes.PROJECT / CACHE)
    return tmp_path


@pytest.fixture
def command(project):
    """Return a function that runs a module of the project to its end. A stack that is still up is ended."""

    def run(*arguments, module="local"):
        return subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=project,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )

    yield run
    run("down")


@pytest.fixture
def foreground(project):
    """Return a function that starts `up`, and waits until its output has a text. The process is killed at the end."""
    children = []

    def start(text="New runs appear here"):
        child = subprocess.Popen(
            [sys.executable, "-m", "local", "up"],
            cwd=project,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        children.append(child)
        return child, read_until(child, text)

    yield start
    for child in children:
        child.kill()
        child.communicate()


def file_of(project):
    return project / ".local" / "stack.json"


def place_of(project):
    return Place(find(project=project, stack="local", environment={}))


def started(command, *arguments):
    return json.loads(command("--json", "start", *arguments, module="runs").stdout)["session_id"]


def attempts_of(text):
    """Return how a text describes the attempts of a run, without times and counts."""
    return re.findall(r"(\d): [\d:]+ \S [\d:]+, \d+ calls?(, did not finish)?", text)


def test_a_stack_in_the_foreground_shows_new_runs_and_a_lost_agent_and_leaves_nothing(project, command, foreground):
    child, output = foreground()
    assert "dev: " in output
    file = json.loads(file_of(project).read_text())
    assert set(file) == {"stack", "pid", "logs", "environment", "outputs"}
    assert (file["stack"], file["pid"]) == ("dev", child.pid)
    assert stat.S_IMODE(file_of(project).stat().st_mode) == 0o600

    cancelled = started(command, "--prompt", "wait 60: Which functions can be deleted?")
    read_until(child, "running")
    assert command("cancel", cancelled[:8], module="runs").returncode == 0
    read_until(child, f"{cancelled} is CANCELLED")

    failed = started(command, "--prompt", "fail: no luck today")
    read_until(child, f"{failed} is FAILED")
    assert "no luck today" in command("show", failed, module="runs").stdout

    again = json.loads(command("--json", "retry", failed, module="runs").stdout)["session_id"]
    read_until(child, f"{again} is FAILED")
    shown = json.loads(command("--json", "show", again, module="runs").stdout)
    assert (shown["prompt"], shown["error_message"]) == ("fail: no luck today", "no luck today")

    lost = started(command, "--prompt", "wait 2: Which functions can be deleted?")
    [pid] = re.findall(r"is process (\d+)", read_until(child, f"agent   {lost} is process"))
    read_until(child, "Starting from the beginning")  # the first step of an attempt, by which `runs show` knows it
    os.kill(int(pid), signal.SIGKILL)
    assert command("watch", lost, module="runs").returncode == 0
    assert "attempt 2" in read_until(child, f"{lost} is COMPLETED")

    readme = block("README.md", "runs list")
    listing = command("list", module="runs").stdout
    shown = re.findall(r"^. (\w+) .+:\d\d  (\w+)", readme, re.MULTILINE)
    assert len(shown) == 3
    assert [row for row in shown if not re.search(rf"^. {row[0]} .*  {row[1]}", listing, re.MULTILINE)] == []
    attempts = [attempts_of(text) for text in (readme, command("show", lost, module="runs").stdout)]
    assert attempts[0] == attempts[1]

    tree = psutil.Process(child.pid).children(recursive=True)
    child.send_signal(signal.SIGINT)
    rest, errors = child.communicate(timeout=60)
    assert (child.returncode, errors) == (0, "")
    assert rest.endswith("Stopping all processes (SIGINT)\nAll processes are stopped\n")
    assert not file_of(project).exists()
    assert psutil.wait_procs(tree, timeout=60)[1] == []


def test_a_detached_stack_fires_its_schedules_until_it_is_ended(project, command):
    up = command("up", "--detach")
    assert up.returncode == 0, up.stderr
    assert "The stack stays in the background" in up.stdout
    again = command("up")
    pid = json.loads(file_of(project).read_text())["pid"]
    refusal = f"A local stack is running already (process {pid}): use it, or end it with 'make local-down'\n"
    assert (again.returncode, again.stdout, again.stderr) == (3, "", refusal)
    assert command("up", "--detach").stderr == refusal

    place = place_of(project)
    scheduler, group = place.client("scheduler"), place.outputs["schedule_group_name"]
    weekly = scheduler.get_schedule(GroupName=group, Name=place.outputs["schedules"]["weekly"])
    soon = datetime.now(UTC) + timedelta(seconds=2)
    scheduler.create_schedule(
        Name="soon",
        GroupName=group,
        ScheduleExpression=f"at({soon:%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target=weekly["Target"],
    )
    while not (runs := json.loads(command("--json", "list", module="runs").stdout)["runs"]):
        pass
    assert [run["requested_by"] for run in runs] == ["schedule weekly"]
    assert command("watch", "@latest", module="runs").returncode == 0

    tree = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    down = command("down")
    assert (down.returncode, down.stdout) == (0, "The local stack has ended\n")
    assert [process for process in tree if process.is_running() and process.status() != psutil.STATUS_ZOMBIE] == []
    assert not file_of(project).exists()
    assert command("down").stdout == "No local stack is running\n"


def test_the_file_of_a_dead_process_is_replaced_and_the_watchdog_of_a_killed_stack_removes_its_own(
    project, command, foreground
):
    with subprocess.Popen([sys.executable, "-c", ""]) as dead:
        dead.wait()
    file_of(project).parent.mkdir()
    file_of(project).write_text(json.dumps({"pid": dead.pid, "outputs": {}, "environment": {}}))
    listed = command("--stack", "local", "list", module="runs")
    assert (listed.returncode, listed.stderr) == (4, "runs: No local stack is running: start one with 'make local'\n")
    child, _ = foreground()
    while json.loads(file_of(project).read_text())["pid"] != child.pid:
        assert child.poll() is None

    tree = psutil.Process(child.pid).children(recursive=True)
    child.kill()
    child.wait()
    down = command("down")
    assert down.returncode == 0
    assert not file_of(project).exists()
    assert psutil.wait_procs(tree, timeout=60)[1] == []
