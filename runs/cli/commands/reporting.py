"""`runs report` and `runs logs`: the files and the log lines of a run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from runs.cli import context as shared
from runs.cli.context import AsJson, RunArgument, working
from runs.errors import ExitStatus, RunsError


class Format(StrEnum):
    """A format of a report."""

    MD = "md"
    HTML = "html"
    JSON = "json"
    CSV = "csv"


def report(
    context: typer.Context,
    run: RunArgument,
    format_: Annotated[
        Format | None, typer.Option("--format", help="Write one file to the standard output; csv has the findings.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(file_okay=False, help="The folder to write to; without it, .local/reports/ID.")
    ] = None,
    open_: Annotated[bool, typer.Option("--open", help="Open the report in the browser.")] = False,
    as_json: AsJson = False,
) -> None:
    """Fetch a run's report: all its files, or one of them."""
    from runs.report.reading import Reports
    from runs.report.writing import write

    with working(context, as_json) as work:
        found, reports = work.run(run), Reports(work.place)
        if open_ and format_ is not None:
            raise RunsError("--open and --format exclude each other: --open shows the whole report")
        if format_ is None:
            if output is None:
                os.umask(0o077)  # only the user may read what is in .local/
            paths = reports.save(found, output or shared.PROJECT / ".local" / "reports" / found.session_id)
            _print_paths(work, paths)
            if open_:
                _open(paths[0])
            return
        body = reports.read(reports.find(found, f".{format_}"))
        if output is None:
            work.screen.text(body.decode(errors="replace"))
        else:
            path = output / f"{found.session_id}.{format_}"
            write(path, body)
            _print_paths(work, [path])


def _print_paths(work: shared.Context, paths: Sequence[Path]) -> None:
    if work.as_json:
        work.screen.document({"files": [str(path) for path in paths]})
        return
    for path in paths:
        work.screen.text(f"{path}\n")


def _open(path: Path) -> None:
    import webbrowser

    if not webbrowser.open(path.resolve().as_uri()):
        raise RunsError(f"There is no browser here: open {path} yourself", ExitStatus.UNAVAILABLE)


def logs(
    context: typer.Context,
    run: RunArgument,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Show new lines until the run has ended.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="The most lines to print at once.")] = 1000,
    as_json: AsJson = False,
) -> None:
    """Show what agent, functions and workflow have logged, in one timeline. With --json, one object in each line."""
    from runs.cli.log_lines import print_line
    from runs.logs.timeline import Logs

    with working(context, as_json) as work:
        session_id, of_place = work.journal.resolve(run), Logs(work.place)
        if follow:
            for line in of_place.follow(session_id, now=shared.now, limit=limit):
                print_line(work.screen, line)
            return
        timeline = of_place.read(work.journal.get(session_id), now=shared.now(), limit=limit)
        for line in timeline.lines:
            print_line(work.screen, line)
        if timeline.is_cut:
            typer.echo(f"There are more than {limit} lines: raise --limit", err=True)
        elif not timeline.lines:
            typer.echo("The run has logged nothing yet, or its logs have expired", err=True)
