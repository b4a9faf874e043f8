"""Preview a stack, and write the comment to standard output: `python -m preview dev --log <address>`.

The output of Pulumi goes to standard error, and so to the log of the run. The exit status is 1 when the preview fails.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pulumi import automation

from preview.changes import read
from preview.markdown import write


def main() -> int:
    """Run the preview in the current folder, as the action does.

    Returns:
        The exit status: 1 when Pulumi or a mandatory policy refuses the change.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stack", help="name of the stack")
    parser.add_argument("--log", required=True, help="address of the run with the whole log")
    arguments = parser.parse_args()
    events: list[automation.EngineEvent] = []
    stderr = ""
    try:
        # With a directory, the Automation API starts the program as the Pulumi CLI does.
        stack = automation.select_stack(arguments.stack, work_dir=str(Path.cwd()))
        stack.preview(
            diff=True,
            color="never",
            policy_packs=["policies"],
            on_output=_log,
            on_error=_log,
            on_event=events.append,
        )
    except automation.CommandError as error:
        _log(str(error))
        stderr = str(error).rpartition(" stderr: ")[2] or str(error)
    preview = read(arguments.stack, events, failed=bool(stderr), stderr=stderr)
    print(write(preview, log=arguments.log))
    return 1 if preview.failed else 0


def _log(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
