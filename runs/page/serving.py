"""Serves the page on this machine, for one person, until it is stopped."""

from __future__ import annotations

import contextlib
import socket
import webbrowser
from collections.abc import Callable
from datetime import UTC, datetime

import uvicorn

from runs.conversation import Conversations
from runs.errors import ExitStatus, RunsError
from runs.page.app import application
from runs.page.guard import HOST, TOKEN, Keys
from runs.page.site import Site
from runs.place.place import Place


def serve(place: Place, *, operator: str, port: int, opens: bool, announce: Callable[[str], None]) -> None:
    """Serve the page until Ctrl-C.

    Args:
        place: The agent's place.
        operator: The operator's name, for `requested_by`.
        port: The port; 0 for a free one.
        opens: Whether to open it in a browser.
        announce: Prints a line with the address.

    Raises:
        RunsError: The port is in use.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((HOST, port))
        except OSError as error:
            raise RunsError(
                f"Port {port} cannot be used ({error.strerror}): leave --port out", ExitStatus.USAGE
            ) from error
        port = listening.getsockname()[1]
        keys = Keys()
        site = Site(
            place=place,
            operator=operator,
            now=lambda: datetime.now(UTC),
            keys=keys,
            is_closing=lambda: server.should_exit,
            conversations=Conversations(place),
        )
        config = uvicorn.Config(
            application(site, port=port),
            log_level="warning",
            access_log=False,  # addresses have the token
            server_header=False,
            timeout_graceful_shutdown=5,
            ws="none",
        )
        server = uvicorn.Server(config)
        address = f"http://{HOST}:{port}/?{TOKEN}="
        place.client("dynamodb")  # making it takes longer than the first view
        listening.listen()  # before the browser comes
        announce(f"{address}{keys.token}  (only for this machine, until Ctrl-C)")
        if opens:
            webbrowser.open(f"{address}{keys.once}")
        with contextlib.suppress(KeyboardInterrupt):  # this is how it ends
            server.run(sockets=[listening])
