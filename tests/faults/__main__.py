"""The command of the fault suite: `python -m tests.faults --seed 7 --runs 200`."""

import argparse
import random
import sys
import tempfile
from functools import partial
from pathlib import Path

from components.settings.model import PlatformVersion
from local.terminal import background
from local.terminal.console import Console
from local.terminal.signals import Interrupted, Signals
from tests.faults import campaign
from tests.faults.budgets import UNHURRIED
from tests.faults.scene import Scene

# AgentCore's quota is 25. With this lower one, most runs of a burst are throttled many times.
QUOTA_OF_BURST = 3.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description="Random faults for many runs.")
    parser.add_argument(
        "--seed", type=int, default=random.randrange(1_000_000), help="seed of the faults (default: random)"
    )
    parser.add_argument("--runs", type=int, default=100, help="number of faults, on all platform versions together")
    parser.add_argument("--burst", type=int, default=100, help="number of runs in the burst on each platform version")
    parser.add_argument("--at-once", type=int, default=8, help="number of runs at the same time (default: 8)")
    parser.add_argument(
        "--platform", nargs="+", choices=list(PlatformVersion), default=list(PlatformVersion), help="default: all"
    )
    options = parser.parse_args()
    console = Console(sys.stdout)
    console.line(
        f"seed {options.seed}, {options.runs} faults, {options.at_once} at once; then bursts of {options.burst}"
    )
    broken = []
    try:
        with Signals() as signals, tempfile.TemporaryDirectory() as state:
            for number, version in enumerate(options.platform):
                runs = (options.runs + number) // len(options.platform)
                with Scene(Path(state) / f"faults-{version}", platform_version=version) as scene:
                    broken += signals.result(background.call(partial(_disturb, scene, version, console, runs, options)))
                with Scene(
                    Path(state) / f"burst-{version}",
                    platform_version=version,
                    new_sessions_per_second=QUOTA_OF_BURST,
                    budgets=UNHURRIED,
                ) as scene:
                    broken += signals.result(background.call(partial(_burst, scene, version, console, options.burst)))
    except Interrupted as interruption:
        console.clear()
        print(f"Interrupted ({interruption}): all processes have ended", file=sys.stderr)
        return interruption.status
    for complaint in broken:
        console.text(f"  BROKEN  {complaint}")
    return 1 if broken else 0


def _disturb(scene, version, console, runs, options):
    return campaign.disturb(scene, version, console, seed=options.seed, runs=runs, at_once=options.at_once)


def _burst(scene, version, console, runs):
    return campaign.burst(scene, version, console, runs=runs, quota=QUOTA_OF_BURST)


if __name__ == "__main__":
    sys.exit(main())
