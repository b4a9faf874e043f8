"""The command line of the local stack. A command is imported when its arguments are right: most take half a second."""

import argparse
import logging
import math
import os
import re
import sys
from pathlib import Path
from typing import Protocol, TextIO

from components.settings.model import Settings
from local.commands.analysis_request import MODEL_FACTORY, MODEL_ID, AnalysisRequest
from local.processes import STATE
from local.terminal import streams
from local.terminal.console import relative
from local.terminal.private_files import make_private
from local.terminal.signals import Signals

_EXIT_STATUS = """\
exit status:
  0        the run is COMPLETED
  1        the run is FAILED or CANCELLED
  2        the command or the configuration is wrong; nothing was started
  3        the stack could not be started, deployed or used
  4        the run did not end in time
  5        the output could not be written
  128 + n  signal n ended the command (130: Ctrl-C; 141: nobody read the output)
"""

_UP_EXIT_STATUS = """\
The command fires the stack's enabled schedules by this machine's clock, and
shows new runs. Other commands find the stack by .local/stack.json.

exit status:
  0        Ctrl-C or 'down' ended the stack; with --detach: the stack is up
  2        the command or the configuration is wrong; nothing was started
  3        the stack could not be started, deployed or used, or one runs already
  5        the output could not be written
  128 + n  signal n ended the command before the stack was up
"""

_ANALYSIS_EXIT_STATUS = """\
The command reads the account with the credentials of the environment or of a
profile. It writes nothing to AWS. docs/live-analysis.md has the IAM policy that
the credentials need.

exit status:
  0        the report is written
  1        the analysis failed
  2        the command is wrong, or --live is missing; nothing was read
  3        there are no credentials, or AWS refused them
  4        the analysis did not end in time
  5        the output could not be written
  128 + n  signal n ended the command (130: Ctrl-C; 141: nobody read the output)
"""


class Command(Protocol):
    """A command with its arguments."""

    def execute(self, signals: Signals) -> int:
        """Execute the command, and return the exit status."""


class _Parser(argparse.ArgumentParser):
    """A parser that does not hide that its help cannot be written."""

    def _print_message(self, message: str, file: TextIO | None = None) -> None:  # type: ignore[override]
        streams.write(file or sys.stderr, message)


def main() -> int:
    """Execute the command of the arguments, and return its exit status."""
    return streams.guard(_execute)


def _execute() -> int:
    command = _parse()
    make_private(STATE)
    logging.getLogger().addHandler(logging.NullHandler())  # log messages go to the stack's log files only
    with Signals() as signals:
        return command.execute(signals)


def _parse() -> Command:
    parser = _Parser(
        prog=f"{relative(Path(sys.executable))} -m local", description="Run the whole system on this machine."
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    _add_run(commands)
    _add_up(commands)
    _add_analyse(commands)
    options = parser.parse_args()
    prompt: str | None = getattr(options, "prompt", None)
    if prompt is not None and not prompt.strip():
        parser.error("the prompt is blank: give a text, or leave out --prompt")
    if prompt is not None and not _is_unicode(prompt):
        parser.error("the prompt is not valid in the terminal's encoding: use UTF-8, as with LC_ALL=C.UTF-8")
    command: Command = options.command(options)
    return command


def _add_run(commands: "argparse._SubParsersAction[_Parser]") -> None:
    run = commands.add_parser(
        "run",
        help="deploy a stack into an emulated account, request a run and fetch its report",
        epilog=_EXIT_STATUS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    run.add_argument("--stack", default="dev", help="stack to deploy, from Pulumi.<stack>.yaml (default: dev)")
    run.add_argument("--agent", help="agent to run, by its name in the program (default: the first agent)")
    run.add_argument("--prompt", help="prompt of the run (default: that of the stack's first schedule)")
    run.add_argument("--json", action="store_true", help="print one JSON object to stdout, progress to stderr")
    run.add_argument("--port", type=_port, help="port of the emulated account (default: a free port)")
    run.add_argument("--seconds", type=_seconds, default=120.0, help="time for the run to end (default: 120)")
    run.set_defaults(command=_run_command)


def _run_command(options: argparse.Namespace) -> Command:
    from local.commands.run import RunCommand
    from local.commands.run_request import Request

    return RunCommand(
        Request(
            stack=options.stack,
            agent=options.agent,
            prompt=options.prompt,
            as_json=options.json,
            port=options.port,
            seconds=options.seconds,
        )
    )


def _add_up(commands: "argparse._SubParsersAction[_Parser]") -> None:
    up = commands.add_parser(
        "up",
        help="deploy a stack into an emulated account, and keep it until Ctrl-C or 'down'",
        epilog=_UP_EXIT_STATUS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    up.add_argument("--stack", default="dev", help="stack to deploy, from Pulumi.<stack>.yaml (default: dev)")
    up.add_argument("--detach", action="store_true", help="return when the stack can be used, and leave it running")
    up.set_defaults(command=_up_command)
    down = commands.add_parser("down", help="end the stack of 'up', and wait until all its processes have ended")
    down.set_defaults(command=_down_command)


def _up_command(options: argparse.Namespace) -> Command:
    if options.detach:
        from local.up.detached import DetachedUpCommand

        return DetachedUpCommand(options.stack)
    from local.up.command import UpCommand

    return UpCommand(options.stack)


def _down_command(_: argparse.Namespace) -> Command:
    from local.up.down import DownCommand

    return DownCommand()


def _add_analyse(commands: "argparse._SubParsersAction[_Parser]") -> None:
    analyse = commands.add_parser(
        "analyse",
        help="analyse a real AWS account from this machine, with read-only credentials",
        epilog=_ANALYSIS_EXIT_STATUS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    analyse.add_argument(
        "--live", action="store_true", help="read a real account (required; without it, the command explains itself)"
    )
    analyse.add_argument("--regions", type=_regions, default=(), help="regions to analyse, such as eu-west-1,us-east-1")
    analyse.add_argument(
        "--refresh-prices",
        action="store_true",
        help="read the current AWS price list (pricing:GetProducts) instead of the built-in prices",
    )
    analyse.add_argument(
        "--group-by-tag",
        default="",
        metavar="KEY",
        help="tag of the functions, such as owner, whose values group costs and savings (tag:GetResources)",
    )
    analyse.add_argument("--profile", help="profile of the AWS configuration (default: credentials of the environment)")
    analyse.add_argument(
        "--model-factory",
        default=os.environ.get("MODEL_FACTORY", MODEL_FACTORY),
        help="module:function that builds a Strands model (default: $MODEL_FACTORY, else Amazon Bedrock)",
    )
    analyse.add_argument(
        "--model-id",
        default=os.environ.get("MODEL_ID", MODEL_ID),
        help=f"model or inference profile (default: $MODEL_ID, else {MODEL_ID})",
    )
    analyse.add_argument("--prompt", help="prompt of the agent (default: the default prompt of a stack)")
    analyse.add_argument("--out", type=Path, help="directory for the report (default: .local/reports/live-<time>)")
    analyse.add_argument("--json", action="store_true", help="print one JSON object to stdout, progress to stderr")
    analyse.set_defaults(command=_analysis_command)


def _analysis_command(options: argparse.Namespace) -> Command:
    from local.commands.analyse import AnalysisCommand

    return AnalysisCommand(
        AnalysisRequest(
            live=options.live,
            regions=options.regions,
            refresh_prices=options.refresh_prices,
            group_by_tag=options.group_by_tag,
            profile=options.profile,
            model_factory=options.model_factory,
            model_id=options.model_id,
            prompt=options.prompt or Settings.default_prompt,
            out=options.out,
            as_json=options.json,
        )
    )


def _is_unicode(text: str) -> bool:
    """Return whether a text has no bytes that Python could not decode."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _port(text: str) -> int:
    if not text.isdecimal() or not 1_024 <= int(text) <= 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: give a number from 1024 to 65535")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time: give a number of seconds above 0")
    return seconds


def _regions(text: str) -> tuple[str, ...]:
    regions = tuple(dict.fromkeys(region.strip() for region in text.split(",")))
    for region in regions:
        if not re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", region):
            raise argparse.ArgumentTypeError(f"{region!r} is not a region: give names such as eu-west-1,us-east-1")
    return regions
