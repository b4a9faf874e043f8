"""`runs ui`, `runs stats` and `runs doctor`: the state of the stack."""

from __future__ import annotations

from typing import Annotated

import typer

from runs.cli import context as shared
from runs.cli.context import AsJson, Since, working
from runs.errors import ExitStatus


def stats(context: typer.Context, since: Since = "30d", as_json: AsJson = False) -> None:
    """Show outcomes, durations, detection delays and tokens of a period."""
    from runs.cli.figures import print_stats
    from runs.cli.period import parse_period
    from runs.document import stats_document
    from runs.stats import statistics

    with working(context, as_json) as work:
        now = shared.now()
        begin = now - parse_period(since)
        found = statistics(work.place, work.journal.runs(since=begin), since=begin, now=now)
        if work.as_json:
            work.screen.document(stats_document(found, since=begin, until=now))
        else:
            print_stats(work.screen, found, period=since)


def ui(
    context: typer.Context,
    open_: Annotated[bool, typer.Option("--open", help="Open it in a browser.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="The port; a free one if 0.")] = 0,
) -> None:
    """Serve the web page, on this machine only, until Ctrl-C."""
    from runs.cli.text import operator
    from runs.page.serving import serve

    with working(context, as_json=False) as work:
        serve(work.place, operator=operator(), port=port, opens=open_, announce=typer.echo)


def doctor(context: typer.Context, as_json: AsJson = False) -> None:
    """Check whether runs can work now, and say what to do if not."""
    from dataclasses import asdict

    from runs.cli.figures import print_finding
    from runs.doctor.checkup import examine
    from runs.doctor.finding import Level

    with working(context, as_json) as work:
        findings = []
        for finding in examine(work.place, now=shared.now()):
            findings.append(finding)
            if not work.as_json:
                print_finding(work.screen, finding)
        if work.as_json:
            work.screen.document({"checks": [asdict(finding) for finding in findings]})
        if any(finding.level is Level.FAIL for finding in findings):
            raise typer.Exit(int(ExitStatus.FAILED))
