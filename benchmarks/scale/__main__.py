"""Print what many runs cost and which limit they reach first: `python -m benchmarks.scale --runs-per-month 1000000`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from agent.harness.tokens import Tokens
from benchmarks.scale.demand import active_sessions, limits
from benchmarks.scale.queueing import simulate
from components import PROJECT
from costs import bill
from local.configuration import checked_settings

_SECONDS_PER_MONTH = 30 * 86_400
_RUNS = 1_000_000
_BURSTS = 720
_NEW_SESSIONS_PER_SECOND, _ACTIVE_SESSIONS = 25, 5_000
# As in the table of the README, with a cache.
_TOKENS = Tokens(read=6_000, cache_read=45_000, cache_written=9_000, written=5_000)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the bill, the limits and the delays of bursts."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--runs-per-month", type=int, default=_RUNS, metavar="N", help=f"default: {_RUNS:,}")
    parser.add_argument(
        "--bursts", type=int, default=_BURSTS, help="times in a month at which schedules request runs (default: hourly)"
    )
    options = parser.parse_args(arguments)
    use = replace(bill.RunUse(), tokens=_TOKENS)
    rate = options.runs_per_month / _SECONDS_PER_MONTH
    print(f"{options.runs_per_month:,} runs a month of {use.seconds} s: {rate:.3f} runs a second on average, ", end="")
    print(f"{active_sessions(rate, use.seconds):,.0f} sessions at a time\n")
    _print_bill(options.runs_per_month, use)
    _print_limits(rate, use)
    _print_bursts(options.runs_per_month, options.bursts, float(use.seconds))
    return 0


def _print_bill(runs: int, use: bill.RunUse) -> None:
    lines = [(line, runs) for line in [*bill.bill_of_run(use), bill.bill_of_model(use)]]
    lines += [(line, 1) for line in bill.bill_at_rest(bill.StackUse())]
    total = Decimal(0)
    print("USD a month, at list prices")
    for line, times in lines:
        assert line.usd is not None
        total += line.usd * times
        print(f"{line.usd * times:14,.2f}  {line.what}: {f'{times:,} x ' if times > 1 else ''}{line.how_much}")
    print(f"{total:14,.2f}  all, {total / runs:.5f} a run\n")


def _print_limits(rate: float, use: bill.RunUse) -> None:
    found = sorted(limits(use, checked_settings(PROJECT, "prod")), key=lambda limit: limit.highest_rate())
    print("limits, the first one that is met at the top")
    for limit in found:
        monthly = limit.highest_rate() * _SECONDS_PER_MONTH
        used = limit.demand(rate) / limit.quota
        print(f"{monthly:14,.0f}  runs a month: {limit.what}: {limit.quota:,.0f} ({used:.1%} used). {limit.remedy}")
    met = [limit for limit in found if limit.demand(rate) > limit.quota]
    print(f"{'':14}  {len(met)} of them {'is' if len(met) == 1 else 'are'} met at this rate\n")


def _print_bursts(runs: int, bursts: int, seconds: float) -> None:
    in_burst = -(-runs // bursts)
    result = simulate(
        bursts=bursts,
        runs_in_burst=in_burst,
        seconds_between=_SECONDS_PER_MONTH / bursts,
        quota=_NEW_SESSIONS_PER_SECOND,
        active_sessions=_ACTIVE_SESSIONS,
        run_seconds=seconds,
        deadline_seconds=checked_settings(PROJECT, "prod").budgets.workflow_deadline_seconds,
    )
    print(
        f"{bursts:,} bursts of {in_burst:,} runs against {_NEW_SESSIONS_PER_SECOND} new sessions a second and "
        f"{_ACTIVE_SESSIONS:,} active ones:\n"
        f"{result.started:,} runs started, {result.late:,} ended as FAILED at their deadline, "
        f"{in_burst * bursts - result.started - result.late:,} lost\n"
        f"{result.throttled:,} starts were throttled; a run waited {result.mean_wait:.0f} s on average, "
        f"{result.longest_wait:.0f} s at most; {result.most_active:,} sessions were active at the same time"
    )


if __name__ == "__main__":
    sys.exit(main())
