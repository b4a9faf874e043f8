"""Sessions on platform V2: all are forked from one process that has answered its first ping."""

import contextlib
import socket
import sys
from pathlib import Path

import pytest

from local.agentcore.data_plane import DataPlane
from local.agentcore.templates import CAN_FORK
from tests.local.agentcore.test_data_plane import SHORT, Caller, account, create_runtime, role, session

__all__ = ["account", "role"]

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
        caller = Caller(account, plane, runtime)
        return [caller.invoke(session(name)) for name in ("a", "b")]


def test_two_sessions_share_what_their_template_made_at_start_up(drawn):
    first, second = drawn
    assert first["at_start"] == second["at_start"]
    assert first["at_start"]["key"] == "expired"


def test_a_template_does_not_need_the_port_8080(drawn):
    assert all(answer["at_start"]["port_is_free"] for answer in drawn)


@pytest.mark.parametrize("what", ["lease_owner", "trace_id", "jitter", "key", "caller"])
def test_each_session_of_a_template_has_its_own(drawn, what):
    first, second = drawn
    assert first[what] != second[what]
    assert "expired" not in (first["key"], second["key"])
