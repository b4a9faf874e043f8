"""Measure what an operator waits for: `python -m benchmarks.operator`.

The journal of an emulated account gets 10,000 runs. Each round then starts four processes in turn: a script that makes
the query of `runs list` with boto3 alone, `runs list`, `runs --help`, and `runs ui`, whose list is then loaded once.
"""

from __future__ import annotations

import argparse
import http.cookiejar
import itertools
import json
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent.harness import schema
from agent.harness.journal.attributes import encode
from agent.harness.schema import Attribute, Status
from local import processes
from local.stack import LocalStack, Options
from local.terminal.console import Console

ROUNDS = 15
RUNS = 10_000
_BATCH = 25
_RUNS = str(Path(sys.executable).with_name("runs"))
# What `runs list` asks DynamoDB for: one page with one run more than it shows.
_BARE = f"""
import sys, boto3
page = boto3.client("dynamodb").query(
    TableName=sys.argv[1],
    IndexName="{schema.RUNS_INDEX}",
    ScanIndexForward=False,
    Limit=21,
    KeyConditionExpression="#kind = :kind",
    ExpressionAttributeNames={{"#kind": "{schema.RUNS_INDEX_PARTITION_KEY}"}},
    ExpressionAttributeValues={{":kind": {{"S": "{schema.RUN_KIND}"}}}},
)
for item in page["Items"]:
    print(item["{schema.PARTITION_KEY}"]["S"], item["{Attribute.STATUS}"]["S"], item["{Attribute.SUMMARY}"]["S"])
"""


@dataclass
class Times:
    """Times of one command, in seconds.

    Attributes:
        processor: Of each process, in all its threads.
        wall: From its start to its end.
    """

    processor: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)


def ratios(measured: Mapping[str, Times]) -> Mapping[str, float]:
    """Return the medians of `runs list` in relation to those of boto3 alone, by what was measured."""
    bare, listed = measured["boto3"], measured["runs list"]
    return {
        "runs list, processor time": statistics.median(listed.processor) / statistics.median(bare.processor),
        "runs list, time": statistics.median(listed.wall) / statistics.median(bare.wall),
    }


def measure(rounds: int) -> Mapping[str, Times]:
    """Return the times of each command in a number of rounds."""
    measured = {name: Times() for name in ("boto3", "runs list", "runs --help", "first view of the page")}
    with tempfile.TemporaryDirectory() as state, LocalStack(Options(state=Path(state))) as stack:
        stack.deploy()
        _fill(stack)
        outputs = Path(state) / "outputs.json"
        outputs.write_text(json.dumps({"agents": {"agent": dict(stack.outputs)}}))
        environment = processes.base_environment() | stack.environment() | {"RUNS_OUTPUTS": str(outputs)}
        bare = [sys.executable, "-c", _BARE, stack.outputs["journal_table_name"]]
        commands = {"boto3": bare, "runs list": [_RUNS, "list"], "runs --help": [_RUNS, "--help"]}
        console = Console(sys.stderr)
        for number in range(rounds):
            console.status(f"operator: round {number + 1} of {rounds}")
            for name, command in commands.items():
                _time(lambda command=command: _run(command, environment), measured[name])  # type: ignore[misc]
            measured["first view of the page"].wall.append(_first_view(environment))
    console.clear()
    return measured


def _fill(stack: LocalStack) -> None:
    client, table = stack.client("dynamodb"), stack.outputs["journal_table_name"]
    items = _items()
    while batch := list(itertools.islice(items, _BATCH)):
        client.batch_write_item(RequestItems={table: [{"PutRequest": {"Item": item}} for item in batch]})


def _items() -> Iterator[Mapping[str, object]]:
    now = datetime.now(UTC)
    for number in range(RUNS):
        at = now - timedelta(minutes=4 * number + 5)
        item = {
            schema.PARTITION_KEY: str(uuid.uuid4()),
            schema.SORT_KEY: schema.RUN_SORT_KEY,
            Attribute.KIND: schema.RUN_KIND,
            Attribute.STATUS: Status.FAILED if number % 20 == 0 else Status.COMPLETED,
            Attribute.ATTEMPT: 1,
            Attribute.REQUESTED_AT: at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            Attribute.REQUESTED_BY: "schedule weekly",
            Attribute.PROMPT: "Look at all functions of the account, and say which of them can be made cheaper. " * 4,
            Attribute.STARTED_AT: at.timestamp() + 2,
            Attribute.FINISHED_AT: at.timestamp() + 160,
            Attribute.SUMMARY: "16 functions cost $738.72 a month. $452.13 of it can be saved by nine changes. " * 8,
        }
        yield {str(name): encode(value) for name, value in item.items()}


def _time(work: Callable[[], object], times: Times) -> None:
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    work()
    times.wall.append(time.perf_counter() - began)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    times.processor.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def _run(command: Sequence[str], environment: Mapping[str, str]) -> None:
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)  # noqa: S603


def _first_view(environment: Mapping[str, str]) -> float:
    """Start the page, and return the seconds until its list was loaded for the first time."""
    page = subprocess.Popen(  # noqa: S603
        [_RUNS, "ui"], env={**environment, "PYTHONUNBUFFERED": "1"}, stdout=subprocess.PIPE, text=True
    )
    with page:
        assert page.stdout is not None
        address = page.stdout.readline().split()[0]
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        began = time.perf_counter()
        body = browser.open(address).read()
        taken = time.perf_counter() - began
        page.send_signal(signal.SIGINT)
    assert body.count(b"<tbody") == 50, "the page does not have its 50 runs"
    return taken


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print the medians and the ratios."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.operator", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"number of rounds (default: {ROUNDS})")
    rounds = parser.parse_args(arguments).rounds
    measured = measure(rounds)
    print(f"median (smallest to largest) of {rounds} rounds, {RUNS:,} runs in the journal, in s")
    for name, times in measured.items():
        shown = [
            f"{kind} {statistics.median(values):.3f} ({min(values):.3f} to {max(values):.3f})"
            for kind, values in (("processor", times.processor), ("time", times.wall))
            if values
        ]
        print(f"{name:24} {'   '.join(shown)}")
    for name, ratio in ratios(measured).items():
        print(f"{name}: {ratio:.2f} x boto3 alone")
    return 0


if __name__ == "__main__":
    sys.exit(main())
