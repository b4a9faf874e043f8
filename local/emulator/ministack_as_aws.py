"""Start MiniStack with corrections where it differs from AWS.

The release of MiniStack is pinned exactly, so the corrections always fit it.
"""

import atexit
import gc
import sys
from pathlib import Path

# MiniStack does without it. To import it takes a quarter of the start, and no function here runs in a container.
sys.modules["docker"] = None  # type: ignore[assignment]

# In this process only: the functions' processes have import paths of their own, and must not see this project.
sys.path.append(str(Path(__file__).parents[2]))

from ministack import app as ministack  # type: ignore[import-untyped]  # noqa: E402

from local.emulator.corrections import (  # noqa: E402
    events,
    functions,
    permissions,
    requests,
    runtimes,
    state_machines,
    storage,
)

if __name__ == "__main__":
    for correction in (requests, permissions, events, functions, runtimes, state_machines, storage):
        correction.apply()
    # Otherwise the interpreter, when it ends, searches all objects of the account for garbage.
    atexit.register(gc.freeze)
    ministack.main()
