"""The long form of the fault suite: `python -m tests.faults --seed 7 --runs 200`."""

import argparse
import collections
import concurrent.futures
import math
import random
import sys
import tempfile
import time
from pathlib import Path

from local.terminal import background
from local.terminal.signals import Interrupted, Signals
from tests.faults.faults import FAULTS, STORMS, seeded
from tests.faults.scene import UNHURRIED, Scene

# AgentCore's quota is 25. With this lower one, most runs of a burst are throttled many times.
QUOTA_OF_BURST = 3.0

# Average time between two storms.
_SECONDS_BETWEEN_STORMS = 30


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description="Random faults for many runs.")
    parser.add_argument(
        "--seed", type=int, default=random.randrange(1_000_000), help="seed of the faults (default: random)"
    )
    parser.add_argument("--runs", type=int, default=100, help="number of runs (default: 100)")
    parser.add_argument("--burst", type=int, default=100, help="number of runs in the burst afterwards (default: 100)")
    parser.add_argument("--at-once", type=int, default=8, help="number of runs at the same time (default: 8)")
    options = parser.parse_args()
    print(f"seed {options.seed}, {options.runs} runs, {options.at_once} at once; then a burst of {options.burst}")
    try:
        with Signals() as signals, tempfile.TemporaryDirectory() as state:
            with Scene(Path(state) / "campaign") as scene:
                broken = signals.result(background.call(lambda: _campaign(scene, options)))
            with Scene(Path(state) / "burst", new_sessions_per_second=QUOTA_OF_BURST, budgets=UNHURRIED) as scene:
                broken += signals.result(background.call(lambda: _burst(scene, options.burst)))
    except Interrupted as interruption:
        print(f"\nInterrupted ({interruption}): all processes have ended", file=sys.stderr)
        return interruption.status
    for complaint in broken:
        print(f"  BROKEN  {complaint}")
    return 1 if broken else 0


def _campaign(scene, options) -> list[str]:
    draw = random.Random(options.seed)
    names = [draw.choice(sorted(FAULTS)) for _ in range(options.runs)]
    counts = collections.Counter()
    broken = []
    storms = []  # when each began and ended
    began = time.monotonic()

    def disturb(number, name):
        fault = FAULTS[name]
        requested = time.monotonic()
        ending = scene.run(lambda *at: fault.happen(*at, seeded(options.seed, number)), **fault.script)
        calm = all(ended < requested for _, ended in storms)
        return ending, calm

    with concurrent.futures.ThreadPoolExecutor(options.at_once) as pool:
        futures = {pool.submit(disturb, number, name): name for number, name in enumerate(names)}
        pending = set(futures)
        next_storm = began + draw.uniform(0.5, 1.5) * _SECONDS_BETWEEN_STORMS
        while pending:
            done, pending = concurrent.futures.wait(pending, timeout=1, return_when="FIRST_COMPLETED")
            for future in done:
                _count(counts, broken, futures[future], future)
                print(f"\r{options.runs - len(pending)} of {options.runs} runs ended", end="", flush=True)
            if time.monotonic() > next_storm and pending:
                counts["storms"] += 1
                storms.append((time.monotonic(), math.inf))
                scene.break_for_a_while(STORMS[draw.choice(sorted(STORMS))])
                storms[-1] = (storms[-1][0], time.monotonic())
                next_storm = time.monotonic() + draw.uniform(0.5, 1.5) * _SECONDS_BETWEEN_STORMS
    _print(f"{options.runs} runs, {time.monotonic() - began:.0f} s, seed {options.seed}", counts)
    return [*broken, *(f"left: {what}" for what in scene.what_is_left())]


def _burst(scene, runs) -> list[str]:
    counts = collections.Counter()
    broken = []
    began = time.monotonic()
    for number, ending in enumerate(scene.burst(runs), 1):
        counts[f"ended: {_described(ending)}"] += 1
        counts["take-overs"] += ending.attempt - 1
        counts["outcome events"] += ending.outcomes
        if (ending.status, ending.outcomes) != ("COMPLETED", 1):
            broken.append(f"burst: {ending}")
        print(f"\r{number} of {runs} runs ended", end="", flush=True)
    title = f"a burst of {runs} runs against {QUOTA_OF_BURST:g} new sessions a second, {time.monotonic() - began:.0f} s"
    _print(title, counts)
    return [*broken, *(f"left: {what}" for what in scene.what_is_left())]


def _print(title, counts) -> None:
    print(f"\r{title}")
    for what, number in sorted(counts.items()):
        print(f"  {number:5}  {what}")


def _count(counts, broken, name, future) -> None:
    counts[f"fault: {name}"] += 1
    if error := future.exception():
        broken.append(f"{name}: {error!r}")
        return
    fault, (ending, calm) = FAULTS[name], future.result()
    counts[f"ended: {_described(ending)}"] += 1
    counts["take-overs"] += ending.attempt - 1
    counts["outcome events"] += ending.outcomes
    # A storm may delay any run, so runs that overlap with one need only fulfil what every run guarantees.
    as_expected = ending.status in ("COMPLETED", "FAILED", "CANCELLED")
    if calm:
        counts["without a storm"] += 1
        as_expected = (ending.status, ending.error_type) in fault.ends and ending.attempt >= fault.attempts[0]
    if ending.outcomes != 1 or not as_expected:
        broken.append(f"{name}: {ending}")


def _described(ending) -> str:
    return f"{ending.status} {ending.error_type or ''}".rstrip()


if __name__ == "__main__":
    sys.exit(main())
