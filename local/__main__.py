"""The local stack's command line."""

import argparse
import logging
import sys

from local import signals
from local.command import Request, RunCommand

_EXIT_STATUS = """\
exit status:
  0  the run COMPLETED
  1  the run has FAILED or was CANCELLED
  2  the command or the stack's configuration is wrong; nothing was started
  3  the stack could not be started or deployed
  4  the run did not end in time
  128 + n  signal n ended the command (130: Ctrl-C)
"""


def main() -> int:
    """Runs the command that the arguments name, and returns its exit status."""
    request = _parse()
    logging.getLogger().addHandler(logging.NullHandler())  # what is logged stands in the stack's own logs
    with signals.raised():
        return RunCommand(request).execute()


def _parse() -> Request:
    parser = argparse.ArgumentParser(prog="python -m local", description="The whole system on this machine.")
    commands = parser.add_subparsers(required=True, metavar="command")
    run = commands.add_parser(
        "run",
        help="deploy a stack into an emulated account, request a run, and fetch its report",
        epilog=_EXIT_STATUS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    run.add_argument("--stack", default="dev", help="whose Pulumi.<stack>.yaml to use (default: dev)")
    run.add_argument("--prompt", help="what to ask of the agent (default: what the stack's first schedule asks)")
    run.add_argument("--json", action="store_true", help="print one JSON object to stdout, progress to stderr")
    run.add_argument("--keep", action="store_true", help="leave the stack running until Ctrl-C")
    run.add_argument("--port", type=_port, help="port of the emulated account (default: a free one)")
    run.add_argument("--seconds", type=float, default=120.0, help="how long the run may take (default: 120)")
    options = parser.parse_args()
    if options.prompt is not None and not options.prompt.strip():
        parser.error("the prompt is blank: say what the agent is to do, or leave --prompt out")
    return Request(
        stack=options.stack,
        prompt=options.prompt,
        as_json=options.json,
        keep=options.keep,
        port=options.port,
        seconds=options.seconds,
    )


def _port(text: str) -> int:
    if not text.isdecimal() or not 1_024 <= int(text) <= 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: give a number from 1024 to 65535")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
