"""Run an agent up to its first ping, then fork a session from it whenever the data plane asks for one.

It stands for platform V2 of AgentCore, which restores each session from a snapshot. The first argument is the file
descriptor of the data plane's socket. The others are what Python would run: a file, or `-m` and a module.
"""

import asyncio
import contextlib
import json
import os
import random
import runpy
import selectors
import signal
import socket
import sys
import threading
from pathlib import Path
from signal import signal as handle  # before an agent replaces it
from typing import Any

import httpx
import uvicorn

from local.agentcore.session_process import data_plane_only
from local.emulator.door import Application, Door

_END_SECONDS = 5.0


def main() -> None:
    """Run the agent. Its server never starts in this process, but in each session that is forked from it."""
    control = socket.socket(fileno=int(sys.argv[1]))
    del sys.argv[:2]
    run = uvicorn.run

    def run_in_sessions(application: Application, **options: Any) -> None:
        _answer_first_ping(application)
        _import_server(application)
        others = [thread for thread in threading.enumerate() if thread is not threading.main_thread()]
        for thread in others:
            thread.join(_END_SECONDS)  # those of the ping end by themselves
        threads = [thread.name for thread in others if thread.is_alive()]
        if threads:
            sys.exit(f"The agent has started threads before its first ping ({', '.join(threads)}): start them in a run")
        _fork_sessions(control)
        listening = {"host": "127.0.0.1", "port": int(os.environ["PORT"])}
        run(Door(application, rule=data_plane_only()), **{**options, **listening})

    uvicorn.run = run_in_sessions  # type: ignore[assignment]
    if sys.argv[0] == "-m":
        del sys.argv[0]
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    else:
        sys.path[0] = str(Path(sys.argv[0]).parent)
        runpy.run_path(sys.argv[0], run_name="__main__")


def _answer_first_ping(application: Application) -> None:
    async def ping() -> None:
        transport = httpx.ASGITransport(application)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            (await client.get("/ping")).raise_for_status()

    asyncio.run(ping())


def _import_server(application: Application) -> None:
    """Import what a server imports when it starts, because AgentCore takes its snapshot of a server that listens."""
    config = uvicorn.Config(application)
    config.load()
    config.get_loop_factory()


def _fork_sessions(control: socket.socket) -> None:
    """Fork a session for each order of the data plane. It returns in the sessions only."""
    waker, wakes = socket.socketpair()
    waker.setblocking(False)
    signal.set_wakeup_fd(waker.fileno())
    handle(signal.SIGCHLD, lambda *_: None)
    selector = selectors.DefaultSelector()
    selector.register(control, selectors.EVENT_READ)
    selector.register(wakes, selectors.EVENT_READ)
    orders = control.makefile("rb")
    _report(control, {"ready": True})
    while True:
        for key, _ in selector.select():
            if key.fileobj is wakes:
                wakes.recv(1_024)
                _report_ended(control)
                continue
            if not (line := orders.readline()):
                sys.exit(0)  # the data plane has ended
            order = json.loads(line)
            sys.stdout.flush()
            sys.stderr.flush()
            drawn = random.getstate()
            if pid := os.fork():
                _report(control, {"forked": pid})
                continue
            random.setstate(drawn)  # as a snapshot does: Python gives each fork a state of its own
            signal.set_wakeup_fd(-1)
            handle(signal.SIGCHLD, signal.SIG_DFL)
            for inherited in (orders, control, waker, wakes, selector):
                inherited.close()
            _become(order)
            return


def _become(order: dict[str, Any]) -> None:
    """Give this process the group, the output and the environment of a session."""
    os.setsid()
    with Path(order["log"]).open("ab") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    os.environ.clear()
    os.environ.update(order["environment"])


def _report_ended(control: socket.socket) -> None:
    with contextlib.suppress(ChildProcessError):  # there is no child
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            _report(control, {"ended": ended[0], "status": os.waitstatus_to_exitcode(ended[1])})


def _report(control: socket.socket, message: dict[str, Any]) -> None:
    control.sendall(json.dumps(message).encode() + b"\n")


if __name__ == "__main__":
    main()
