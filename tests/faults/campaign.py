"""The long form of the fault suite: random faults for many runs, then a burst of runs."""

import collections
import concurrent.futures
import math
import random
import time

from tests.faults import trial
from tests.faults.faults import FAULTS, seeded
from tests.faults.storms import STORMS

# Average time between two storms.
_SECONDS_BETWEEN_STORMS = 30


class Tally:
    """What has happened, in numbers, and what is broken.

    Attributes:
        counts: How often each line of the summary was true.
        broken: One line for each broken guarantee.
    """

    def __init__(self):
        self.counts = collections.Counter()
        self.broken = []

    def count(self, name, future):
        """Count the trial of a fault."""
        self.counts[f"fault: {name}"] += 1
        if error := future.exception():
            self.counts["ended: not seen"] += 1
            self.broken.append(f"{name}: {error!r}")
            return
        found = future.result()
        self.counts["without a storm"] += found.is_calm
        for reason in found.missed:
            self.counts[f"repeated: {name}: {reason}"] += 1
        for ending in found.endings:
            self.count_ending(ending)
        if found.complaint is not None:
            self.broken.append(f"{name}: {found.complaint}")

    def count_ending(self, ending):
        self.counts[f"ended: {ending.status} {ending.error_type or ''}".rstrip()] += 1
        self.counts["take-overs"] += ending.attempt - 1
        self.counts["outcome events"] += ending.outcomes

    def close(self, title, scene, console):
        """Write the summary; return what is broken."""
        left = scene.what_is_left()
        kinds = collections.Counter(line.split(":")[0] for line in left)
        console.clear()
        console.line(f"{title}: {kinds['lost']} lost, {kinds['doubled']} doubled, {kinds['stuck']} stuck")
        for what, number in sorted(self.counts.items()):
            console.text(f"  {number:5}  {what}")
        return [*self.broken, *left]


def disturb(scene, title, console, *, seed, runs, at_once):
    """Disturb many runs with faults at random, and all of them with storms; return what is broken."""
    draw = random.Random(f"{seed} {title}")
    names = [draw.choice(sorted(FAULTS)) for _ in range(runs)]
    tally = Tally()
    storms = []  # when each began and ended
    began = time.monotonic()

    def is_calm_since(since):
        return all(ended < since for _, ended in storms)

    def carry_out(number, name):
        return trial.carry_out(scene, FAULTS[name], seeded(seed, title, number), is_calm_since=is_calm_since)

    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        futures = {pool.submit(carry_out, number, name): name for number, name in enumerate(names)}
        pending = set(futures)
        next_storm = began + draw.uniform(0.5, 1.5) * _SECONDS_BETWEEN_STORMS
        while pending:
            done, pending = concurrent.futures.wait(pending, timeout=1, return_when="FIRST_COMPLETED")
            for future in done:
                tally.count(futures[future], future)
                console.status(f"{title}: {runs - len(pending)} of {runs} faults")
            if time.monotonic() > next_storm and pending:
                tally.counts["storms"] += 1
                storms.append((time.monotonic(), math.inf))
                storm = STORMS[draw.choice(sorted(STORMS))]
                with scene.storm(storm.rules):
                    time.sleep(storm.seconds)
                storms[-1] = (storms[-1][0], time.monotonic())
                next_storm = time.monotonic() + draw.uniform(0.5, 1.5) * _SECONDS_BETWEEN_STORMS
    return tally.close(f"{title}: {runs} faults, {time.monotonic() - began:.0f} s, seed {seed}", scene, console)


def burst(scene, title, console, *, runs, quota):
    """Request many runs at once; return what is broken."""
    tally = Tally()
    began = time.monotonic()
    for number, ending in enumerate(scene.burst(runs), 1):
        tally.count_ending(ending)
        if (ending.status, ending.outcomes) != ("COMPLETED", 1):
            tally.broken.append(f"burst: {ending}")
        console.status(f"{title}: {number} of {runs} runs")
    seconds = time.monotonic() - began
    return tally.close(
        f"{title}: a burst of {runs} runs, {quota:g} new sessions a second, {seconds:.0f} s", scene, console
    )
