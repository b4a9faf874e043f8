"""The command `runs`: its options, its commands and what its exit statuses mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from runs.cli.commands import acting, checking, reading, reporting
from runs.cli.context import AsJson, Context
from runs.errors import MEANINGS

app = typer.Typer(
    no_args_is_help=True,
    help="List, show, start, watch and end the runs of an agent, of a deployed stack or of the local one.",
    epilog=(
        "The stack is the one of --outputs or --stack, or of the variables RUNS_OUTPUTS or PULUMI_STACK; else the "
        "running local stack, or the one that Pulumi has selected. Exit statuses:\n\n"
    )
    + "\n".join(f"- {status}: {meaning}" for status, meaning in MEANINGS.items()),
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)

_PANELS: Mapping[str, Mapping[str, Callable[..., None]]] = {
    "See what happens": {
        "list": reading.list_,
        "show": reading.show,
        "watch": reading.watch,
        "report": reporting.report,
        "logs": reporting.logs,
    },
    "Do something": {
        "start": acting.start,
        "cancel": acting.cancel,
        "retry": acting.retry,
        "redrive": acting.redrive,
    },
    "Check the stack": {
        "ui": checking.ui,
        "stats": checking.stats,
        "doctor": checking.doctor,
    },
}

for _panel, _commands in _PANELS.items():
    for _name, _command in _commands.items():
        app.command(_name, rich_help_panel=_panel)(_command)


@app.callback()
def _options(
    context: typer.Context,
    stack: Annotated[str | None, typer.Option(help="The stack; 'local' is the running local stack.")] = None,
    outputs: Annotated[Path | None, typer.Option(help="A file with 'pulumi stack output --json'.")] = None,
    agent: Annotated[str | None, typer.Option(help="The agent, if the stack has several.")] = None,
    as_json: AsJson = False,
) -> None:
    context.obj = Context(stack=stack, outputs=outputs, agent=agent, as_json=as_json)
