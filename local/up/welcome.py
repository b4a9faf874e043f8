"""Prints the schedules of a stack that is up, and commands to try."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from local.terminal.console import Console, relative

if TYPE_CHECKING:
    from local.schedules.firing import Planned
    from local.stack import LocalStack

NEW_RUNS = "New runs appear here. 'kill -9' with the process of an agent loses that agent:"

# What each prompt of the scripted model shows (local/scripted_model.py).
_EXAMPLES = {
    "A run, followed until it ends": ["start --watch"],
    "A run that takes a minute, and its cancellation": [
        "start --prompt 'wait 60: Which functions can be deleted?'",
        "cancel @latest",
    ],
    "A run that fails, why it did, and the same work again": [
        "start --prompt 'fail: no luck today'",
        "show @latest",
        "retry @latest",
    ],
    "All runs, and the same as a web page": ["list", "ui"],
}


def show(stack: LocalStack, schedules: Sequence[Planned], console: Console) -> None:
    """Print how to use a stack from another terminal."""
    console.text("\nThe stack is up until 'make local-down' or Ctrl-C. To try in another terminal:")
    for what, commands in _EXAMPLES.items():
        console.text(f"\n  {what}:")
        for command in commands:
            console.verbatim(f"    {launcher()} {command}")
    console.text("\nSchedules:\n")
    for name in stack.outputs["schedules"]:
        console.text(f"  {_schedule(name, stack, schedules)}")


def launcher() -> str:
    """Return the command that starts `runs`."""
    script = relative(Path(sys.executable).with_name("runs"))
    return str(script) if script.exists() else f"{relative(Path(sys.executable))} -m runs"


def _schedule(name: str, stack: LocalStack, schedules: Sequence[Planned]) -> str:
    physical_name, group = stack.outputs["schedules"][name], stack.outputs["schedule_group_name"]
    planned = next((one for one in schedules if (one.group, one.name) == (group, physical_name)), None)
    if planned is None:
        return f"{name} is disabled: '{launcher()} start --schedule {name}' requests its run"
    if planned.next_at is None:
        return f"{name}, {planned.expression}, is never due again"
    return f"{name} is due at {_moment(planned.next_at, planned.zone)}, then as {planned.expression} says"


def _moment(moment: datetime, zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%a %d %b %H:%M} ({zone})"
