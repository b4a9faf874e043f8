"""Print the bill of a run, or with `--write` the table of the README.

`python -m costs --model eu.anthropic.claude-haiku-4-5-20251001-v1:0 --input 300 --cache-read 20000 --output 200`
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from agent.harness.tokens import Tokens
from costs import bill, prices

README = Path(__file__).resolve().parents[1] / "README.md"
BEGIN, END = "<!-- costs:begin -->", "<!-- costs:end -->"

# For an account of 1,000 functions of which 600 are idle, as tests/local/estate counts them for a smaller one.
_METRICS_OF_A_LARGE_ACCOUNT = 3_802
_UNCACHED = Tokens(read=60_000, written=5_000)
_CACHED = Tokens(read=6_000, cache_read=45_000, cache_written=9_000, written=5_000)


def table() -> str:
    """Return the README's table in Markdown."""
    run = bill.RunUse()
    models = [bill.bill_of_model(replace(run, tokens=tokens)) for tokens in (_UNCACHED, _CACHED)]
    large = replace(run, metrics_asked=_METRICS_OF_A_LARGE_ACCOUNT, cost_queries=1)
    of_run = [*bill.bill_of_run(large), *models]
    return "\n".join(
        [
            f"At list prices of us-east-1 ({prices.AS_OF}), before free allowances. The account that is analysed has",
            "1,000 functions, of which 600 are idle. The model is Claude Haiku 4.5, without a cache and with one.",
            "",
            "| for | what | how much | USD |",
            "|---|---|---|---|",
            *_rows("a month", bill.bill_at_rest(bill.StackUse())),
            *_rows("a run", of_run),
        ]
    )


def with_table(text: str) -> str:
    """Return a text with the table between the markers.

    Raises:
        ValueError: One of the markers is missing.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"The text has no place for the table: write {BEGIN} and {END} around it")
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def _rows(period: str, lines: Iterable[bill.Line]) -> Iterator[str]:
    return (f"| {period} | {line.what} | {line.how_much} | {_dollars(line.usd)} |" for line in lines)


def _dollars(usd: Decimal | None) -> str:
    """Return an amount with two significant digits at least: it may be far below a cent."""
    if usd is None:
        return "not known"
    return f"{usd:.2f}" if usd >= 1 else f"{usd:.2g}" if usd >= Decimal("0.0001") else f"{usd:.5f}"


def main() -> None:
    """Print a bill, or update the README."""
    run = bill.RunUse()
    parser = argparse.ArgumentParser(prog="python -m costs", description="What a run costs at AWS's list prices.")
    parser.add_argument("--write", action="store_true", help="update the table of README.md")
    parser.add_argument("--model", default=run.model_id, help=f"id of the model (default: {run.model_id})")
    for kind in ("input", "output", "cache-read", "cache-write"):
        parser.add_argument(f"--{kind}", type=int, default=0, metavar="TOKENS", help=f"{kind} tokens")
    parser.add_argument("--metrics", type=int, default=0, help="metrics that the analyst asks CloudWatch for")
    options = parser.parse_args()
    if options.write:
        README.write_text(with_table(README.read_text()))
        return
    tokens = Tokens(
        read=options.input,
        written=options.output,
        cache_read=options.cache_read,
        cache_written=options.cache_write,
    )
    use = replace(run, model_id=options.model, tokens=tokens, metrics_asked=options.metrics)
    lines = [*bill.bill_of_run(use), bill.bill_of_model(use)]
    for line in lines:
        print(f"{_dollars(line.usd):>10}  {line.what}: {line.how_much}")
    known = sum((line.usd for line in lines if line.usd is not None), Decimal(0))
    print(f"{_dollars(known):>10}  {'all' if all(line.usd is not None for line in lines) else 'without the model'}")


if __name__ == "__main__":
    main()
