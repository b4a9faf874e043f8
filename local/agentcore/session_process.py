"""Run the entry point of an agent as the process of a session, which answers the data plane only.

On AWS a session listens on every interface of its microVM, which only AgentCore can reach. Here it is a process of this
machine: it listens on loopback, also in a container, and every request must have the session's key.
"""

import hmac
import os
import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvicorn

from local.emulator.door import Application, Door, Scope

KEY_VARIABLE = "LOCAL_SESSION_KEY"
KEY_HEADER = "X-Local-Session-Key"


def data_plane_only() -> Callable[[Scope], str | None]:
    """Take the session's key out of the environment, and return the rule that refuses requests without it."""
    key = os.environ.pop(KEY_VARIABLE).encode()

    def refusal(scope: Scope) -> str | None:
        keys = [value for name, value in scope["headers"] if name == KEY_HEADER.lower().encode()]
        is_data_plane = len(keys) == 1 and hmac.compare_digest(keys[0], key)
        return None if is_data_plane else "Only the data plane of AgentCore may call a session: call the data plane"

    return refusal


def main() -> None:
    """Run the file of the first argument. Its server is behind a door."""
    refusal = data_plane_only()
    run = uvicorn.run

    def run_behind_door(application: Application, **options: Any) -> None:
        run(Door(application, rule=refusal), **{**options, "host": "127.0.0.1"})

    uvicorn.run = run_behind_door  # type: ignore[assignment]
    del sys.argv[0]
    sys.path[0] = str(Path(sys.argv[0]).parent)
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
