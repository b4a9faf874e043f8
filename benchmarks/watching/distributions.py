"""How long the simulated runs last."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_HOUR = 3_600
_DRAWN_FOR_ONE = 50


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """Runs of one kind.

    Attributes:
        name: What it is called in tables.
        draw: Returns the duration of a run, in seconds.
        deadline_seconds: The workflow's deadline, above the longest run.
        runs: How many runs are simulated.
    """

    name: str
    draw: Callable[[random.Random], float]
    deadline_seconds: int = _HOUR
    runs: int = 160

    def durations(self, seed: int) -> Sequence[float]:
        """Return the durations of all runs, in seconds and in random order.

        They are evenly spaced quantiles of many more durations, so that few runs show the distribution without noise.
        """
        source = random.Random(seed)  # noqa: S311 (a repeatable simulation)
        many = sorted(self.draw(source) for _ in range(self.runs * _DRAWN_FOR_ONE))
        quantiles = many[_DRAWN_FOR_ONE // 2 :: _DRAWN_FOR_ONE]
        source.shuffle(quantiles)
        return quantiles


def _around(seconds: float, margin: float) -> Callable[[random.Random], float]:
    return lambda source: source.uniform(seconds - margin, seconds + margin)


def _log_normal(source: random.Random) -> float:
    """Return a duration; 19 of 20 are between 30 s and 1 h, the others are drawn again."""
    low, high = math.log(30), math.log(_HOUR)
    while True:
        seconds = source.lognormvariate((low + high) / 2, (high - low) / 4)
        if 30 <= seconds < _HOUR:
            return seconds


def _bimodal(source: random.Random) -> float:
    """Return a duration: most runs find nothing to do and end early, the others take half an hour."""
    centre = 90 if source.random() < 0.6 else 1_800
    return source.uniform(0.9 * centre, 1.1 * centre)


# No two runs last equally long. Without a margin, a fixed interval could fit the one duration by chance.
CONSTANT = Distribution(name="164 s ± 3 s", draw=_around(164, 3))
SPREAD = Distribution(name="164 s ± 20 %", draw=_around(164, 0.2 * 164))
LOG_NORMAL = Distribution(name="log-normal, 30 s to 1 h", draw=_log_normal, runs=240)
BIMODAL = Distribution(name="90 s or 30 min", draw=_bimodal)
LONG = Distribution(name="8 h ± 3 s", draw=_around(8 * _HOUR - 300, 3), deadline_seconds=8 * _HOUR - 1, runs=6)
ALL = (CONSTANT, SPREAD, LOG_NORMAL, BIMODAL, LONG)
