"""Sessions on platform V2: all are forked from one process that has answered its first ping."""

import contextlib
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from local import processes
from local.agentcore import template_process
from local.agentcore.data_plane import DataPlane
from local.agentcore.session import InitialisationError
from local.agentcore.templates import CAN_FORK, Templates
from tests.local.agentcore.test_data_plane import SHORT, Caller, create_runtime, role, session

__all__ = ["role"]

pytestmark = [pytest.mark.local, pytest.mark.skipif(not CAN_FORK, reason="no safe fork: each session is a new process")]

DRAWING = [sys.executable, str(Path(__file__).with_name("drawing_agent.py"))]


@pytest.fixture(scope="module")
def drawn(account, role, tmp_path_factory):
    runtime = create_runtime(account, role, "drawing", platform_version="V2")
    with contextlib.ExitStack() as held:
        with contextlib.suppress(OSError):  # another program uses the port
            held.enter_context(socket.create_server(("127.0.0.1", 8080)))
        plane = held.enter_context(
            DataPlane(lambda: account, logs=tmp_path_factory.mktemp("logs"), limits=SHORT, command=DRAWING)
        )
        plane.prepare(runtime)
        template = started("drawing_agent.py")
        caller = Caller(account, plane, runtime)
        return [{**caller.invoke(session(name)), "prepared": template} for name in ("a", "b")]


def started(file):
    """Wait until a template of an agent has started, and return its process's id."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        for child in psutil.Process().children():
            if template_process.__name__ in (command := child.cmdline()) and command[-1].endswith(file):
                return child.pid
        time.sleep(0.01)
    raise TimeoutError(f"No template of {file} has started")


def test_a_prepared_runtime_has_its_template_before_its_first_session(drawn):
    assert [answer["template"] for answer in drawn] == [answer["prepared"] for answer in drawn]


def test_a_template_that_is_not_ready_ends_with_the_data_plane(tmp_path):
    agent = tmp_path / "slow_agent.py"
    agent.write_text("import time; time.sleep(600)")
    templates, pool = Templates(tmp_path), ThreadPoolExecutor(1)
    asked = pool.submit(templates.of, "arn/slow", "1", [str(agent)], processes.base_environment())
    pid = started(agent.name)
    templates.close()
    with pytest.raises(InitialisationError):
        asked.result()
    assert not psutil.pid_exists(pid)
    with pytest.raises(InitialisationError, match="start it again"):
        templates.of("arn/slow", "1", [str(agent)], {})


def test_two_sessions_share_what_their_template_made_at_start_up(drawn):
    first, second = drawn
    assert first["at_start"] == second["at_start"]
    assert first["at_start"]["key"] == "expired"


def test_a_session_does_not_import_its_server(drawn):
    assert [answer["imports"] for answer in drawn] == [[], []]


def test_a_template_does_not_need_the_port_8080(drawn):
    assert all(answer["at_start"]["port_is_free"] for answer in drawn)


@pytest.mark.parametrize("what", ["lease_owner", "trace_id", "jitter", "key", "caller"])
def test_each_session_of_a_template_has_its_own(drawn, what):
    first, second = drawn
    assert first[what] != second[what]
    assert "expired" not in (first["key"], second["key"])
