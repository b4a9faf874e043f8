"""What `python -m local` starts. The command line is in `local/cli.py`."""

import os
import signal
import sys
from types import FrameType
from typing import Optional


def _leave(number: int, _frame: Optional[FrameType]) -> None:  # noqa: UP045 (an older Python must get a message)
    os.write(2, f"Interrupted ({signal.Signals(number).name})\n".encode())
    os._exit(128 + number)


def main() -> int:
    """Execute the command of the arguments, and return its exit status."""
    # The imports take most of a second. A signal in this time would end in a traceback.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    try:
        from local import cli
    except (ImportError, SyntaxError) as error:
        print(
            f"{sys.executable} cannot run this ({error}): run 'make setup' once, then use .venv/bin/python -m local",
            file=sys.stderr,
        )
        return 3
    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
