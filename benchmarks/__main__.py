"""Measure everything, and write RESULTS.md; with `--check`, compare with it instead. `make bench` calls this."""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from benchmarks import answer, bundles, pings, start_function
from benchmarks import operator as operator_benchmark
from benchmarks.figures import Figure, median
from benchmarks.local_loop import bursts as local_runs
from benchmarks.local_loop import chart as bursts_chart
from benchmarks.report import RESULTS, check, markdown, ratios, show
from benchmarks.scale import __main__ as scale
from benchmarks.watching import chart, comparison
from benchmarks.watching.distributions import ALL, SPREAD
from components.bundles.recipes import AGENT, FUNCTIONS

Measured = TypeVar("Measured")

ROUNDS = 12
SEED = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and return 1 if `--check` finds a ratio that has become worse or is not in RESULTS.md."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"starts of each process (default: {ROUNDS})")
    parser.add_argument("--runs", type=int, default=local_runs.MOST_RUNS, help="local runs at once (default: 100)")
    parser.add_argument("--check", action="store_true", help="compare the ratios with RESULTS.md, and do not write it")
    options = parser.parse_args(arguments)
    if options.check:
        return check(_guarded(options.rounds), ratios(RESULTS.read_text()))
    figures: list[Figure] = []
    figures += _timed("start function", lambda: start_function.measure(options.rounds))
    figures += _timed("answers", lambda: answer.measure(options.rounds))
    figures += _timed("operator", lambda: _operator(max(2, options.rounds // 3)))
    figures += _timed("pings", pings.measure)
    of_loop, bursts = _timed("local loop", lambda: local_runs.measure(max(1, options.rounds // 5), options.runs))
    comparisons = _timed("watching", lambda: [comparison.compare(distribution, SEED) for distribution in ALL])
    figures += [*of_loop, *_watching(comparisons)]
    notes = _NOTES.format(
        watching=comparison.show(comparisons),
        bursts=local_runs.table(bursts),
        scale=_timed("scale", _scale),
        functions=bundles.table(_timed("functions' bundle", lambda: bundles.measure(FUNCTIONS))),
        agent=bundles.table(_timed("agent's bundle", lambda: bundles.measure(AGENT))),
    )
    chart.FILE.write_text(chart.draw(comparisons))
    RESULTS.with_name("local_runs.svg").write_text(bursts_chart.draw(bursts))
    RESULTS.write_text(markdown(figures, notes=notes, rounds=options.rounds))
    print(show(figures))
    return 0


def _guarded(rounds: int) -> list[Figure]:
    """Measure the ratios of processes; those of simulations are the same on every machine, and have tests."""
    return [*start_function.measure(rounds), *answer.measure(rounds), *_operator(max(2, rounds // 3))]


def _timed(name: str, measure: Callable[[], Measured]) -> Measured:
    began = time.monotonic()
    print(f"{name} ...", file=sys.stderr)
    measured = measure()
    print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr)
    return measured


def _operator(rounds: int) -> list[Figure]:
    measured = operator_benchmark.measure(rounds)
    bare, listed = measured["boto3"], measured["runs list"]
    return [
        Figure(
            name="runs list, processor time",
            value=median(listed.processor) * 1_000,
            unit="ms",
            base=median(bare.processor) * 1_000,
            compared_with="boto3's query alone",
        ),
        Figure(name="runs --help", value=median(measured["runs --help"].wall) * 1_000, unit="ms"),
        Figure(name="runs ui, first view", value=median(measured["first view of the page"].wall) * 1_000, unit="ms"),
    ]


def _scale() -> str:
    """Return what `python -m benchmarks.scale` prints, as a block in Markdown."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        scale.main([])
    return textwrap.indent(printed.getvalue().strip(), " " * 4)


def _watching(comparisons: Sequence[comparison.Comparison]) -> Iterator[Figure]:
    (spread,) = [one for one in comparisons if one.distribution is SPREAD]
    ours, fixed = spread.means["ours"], spread.means["fixed 10 s"]
    # A callback watches nothing: its transitions are those of every run.
    others = spread.means["callback with heartbeat"].transitions
    yield Figure(
        name=f"watching transitions of a run of {SPREAD.name}",
        value=ours.transitions - others,
        unit="transitions",
        base=fixed.transitions - others,
        compared_with="fixed 10 s",
        most=0.4,
        before="21, 0.41 x (rough model)",
    )
    yield Figure(
        name=f"mean delay at the end of a run of {SPREAD.name}", value=ours.delay, unit="s", most=6, before="3.5 s"
    )


_NOTES = """
## How it is measured

- **Answers**: fresh processes of this project's agent and of the smallest agents of the SDK, started in turn, with the
  same client. A run begins in an emulated account. The instrumented ones are started by `opentelemetry-instrument`.
- **First model call**: the model answers at once, so this is the time of everything else. Both agents have an S3 client
  and save the conversation. Ours also takes the lease and reads the expected duration (DynamoDB), and asks for the
  account's id (STS) and the last report (S3). A profile shows these requests and their four clients: each run makes its
  own clients, because credentials in a snapshot would expire.
- **Start to first ping**: ours imports all that a run needs and reads the descriptions of its AWS services before the
  first ping, so that no run has to: on AgentCore's V2 a snapshot is taken then. By profiles, the descriptions take
  140 ms, the templates of the report 85 ms, and the analyst's own modules nearly all of the other difference. Garbage
  collection took 200 ms more and freed nothing: it is off until then.
- **Start function**: processor time of fresh processes, in turn, with `LAMBDA_TASK_ROOT` set as on Lambda. The figure
  of a part of Powertools is the difference to a process that has only the client.
- **Pings**: one every 10 ms while the agent analyses the sample estate of 1,000 functions. A probe in the process shows
  what stops them: full garbage collections (40 ms each, therefore rare), the texts of a report (15 ms), and the change
  between up to ten threads that read the account. The idle app's pings show what this machine adds.
- **Local loop**: whole processes of `make run` after its set-up; then bursts of runs without quotas.
- **Watching**: the real state machine, state by state, with simulated runs (`python -m benchmarks.watching`).

## Tests

Measured by hand with `time` on this machine, not by `make bench`. The goals were 150 s, which is not reached, and
45 s. This machine's speed varies by a fifth.

| command | tests | seconds | processor seconds | two days before | with a third of the tests |
|---|---|---|---|---|---|
| `make test` | 4,681 | 281 to 312 | 508 | 511 to 617 s, 920 processor seconds | 225 s |
| `make test-fast` | 4,099 | 41 to 53 | 71 to 96 | 90 s, 137 processor seconds | 68 s |

Two cores need 254 s for 508 processor seconds. By a profile, 318 of these are tests with real processes and an emulated
account: faults 58, models of the protocol and of competing runs 43, agents of the guides 30, data plane 25, grants 22,
`make local` 21, `local analyse` 20, the whole system 19, another stack 18, `local run` 18, estates 16, analyses 14,
operation 14. Most have a deployment of their own (1 s in the test, 0.3 s to start the account, and each request in it)
because their settings differ. Each of four workers imports for 4 to 8 s. JSONata took 70 s, until a compiled engine
replaced the one in Python. With both cores kept busy by four processes that never wait, all tests pass in 461 s.

## Watching

USD is the cost of transitions, reads, and the session that is idle until the end is seen. A callback has the fewest
transitions; [decision 2](../docs/decisions/0002-polling-instead-of-callback.md) gives the reasons against it. For
log-normal durations, nearly all of our waits are the longest one: ours and "fixed 60 s" are the same within the noise.

{watching}

![Transitions against delay](../docs/watching.svg)

## Local runs at once

{bursts}

![Time and memory of runs at once](local_runs.svg)

One run waits most of its time. Many runs use all of the processor, so the time of a further run is what it computes: by
profiles, about 0.9 s in its agent (a quarter for requests to AWS), 0.4 to 0.9 s in the emulated account (more if runs
wait longer), and 0.1 s in the data plane. Before, the account parsed each expression of the workflow again in each
state of each run, which took another second, and each agent compiled the templates of its report. Memory grows by what
each session writes after its fork. What it shares with its template counts once.

A whole `make run` computes for 7 s on two cores: 3 s to import and run the program, 1.8 s in the emulated account, and
2.2 s in the agent and the two functions. It also waits: for the six turns of the scripted model (0.2 s each), and up to
0.6 s until the workflow looks at the run.

## A million runs a month

{scale}

## What the packages of the bundles cost

The functions' bundle has the descriptions of two AWS services instead of all. X-Ray's patches of other libraries are
left out: on Lambda they took as long as the rest of Powertools, and botocore passes the trace on too.

**SnapStart** restores the start function from a snapshot instead of importing it. It would save the import above, once
for each cold start: a run of minutes has one call. For Python it costs $0.0000015046 per GB-second of cache, at least
three hours, that is $0.98 a month at 0.25 GB for each published version, and $0.0001397998 per GB restored. A million
cold starts a month would cost $35 more, and nobody waits for any of them. It is not used.

Functions:

{functions}

Agent, before its first ping:

{agent}
"""


if __name__ == "__main__":
    sys.exit(main())
