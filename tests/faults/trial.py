"""Runs with a fault, repeated if the fault missed its moment."""

import concurrent.futures
import time
from dataclasses import dataclass

from tests.faults.faults import seeded
from tests.faults.scene import ENDED, Ending, MissedMomentError

# A fault that misses its moment so often tests nothing: that is a failure.
TRIES = 5
# For tests. Only what hangs takes so long.
TIMEOUT_SECONDS = 3_000
_AT_ONCE = 8


@dataclass(frozen=True, kw_only=True)
class Trial:
    """The result of a fault.

    Attributes:
        endings: How each run ended, also those in which the fault missed its moment.
        missed: Why the fault missed its moment, one reason for each time.
        is_calm: Whether no storm disturbed the last run.
        complaint: What is wrong; None if nothing is.
    """

    endings: list[Ending]
    missed: list[str]
    is_calm: bool = True
    complaint: str | None


def carry_out(scene, fault, rng, *, is_calm_since=lambda _: True):
    """Disturb a run with a fault; repeat it with a new run if the fault missed its moment.

    Args:
        scene: The scene.
        fault: The fault.
        rng: Its random number generator.
        is_calm_since: Returns whether no storm has disturbed the scene since a time of the monotonic clock.
    """
    endings, missed = [], []
    while True:
        began = time.monotonic()
        session_id = scene.request(**fault.script)
        try:
            fault.happen(scene, session_id, rng)
            miss = None
        except MissedMomentError as error:
            miss = str(error)
        ending = scene.ending(session_id)
        endings.append(ending)
        # A storm may delay any run. Runs that it disturbs need only fulfil what every run guarantees.
        is_calm = is_calm_since(began)
        complaint = _broken_guarantee(ending)
        if is_calm and miss is None:
            complaint = complaint or fault.wrong_end(ending)
            miss = fault.wrong_attempts(ending)
        complaint = complaint or _note(miss, missed)
        if complaint is not None or miss is None:
            return Trial(endings=endings, missed=missed, is_calm=is_calm, complaint=complaint)


def carry_out_all(scene, faults):
    """Carry out faults at the same time; return a future of each, which is done."""
    with concurrent.futures.ThreadPoolExecutor(_AT_ONCE) as pool:
        futures = {name: pool.submit(carry_out, scene, fault, seeded(0, name)) for name, fault in faults.items()}
        concurrent.futures.wait(futures.values())
        return futures


def carry_out_storm(scene, storm, runs=2):
    """Disturb some runs with a storm; repeat it with new runs if it missed its moment."""
    endings, missed = [], []
    while True:
        sessions, hits = _weather(scene, storm, runs)
        endings = [scene.ending(session_id) for session_id in sessions]
        fewest = min(ending.attempt for ending in endings)
        miss = None if hits and fewest >= storm.attempts else f"{hits} requests broken, {fewest} attempts"
        wrong = [ending for ending in endings if ending.status != "COMPLETED" or ending.outcomes != 1]
        complaint = f"the storm broke a guarantee: {wrong}" if wrong else _note(miss, missed)
        if complaint is not None or miss is None:
            return Trial(endings=endings, missed=missed, complaint=complaint)


def _weather(scene, storm, runs):
    """Return the sessions of disturbed runs, and how many requests the storm broke."""
    sessions = [scene.request(seconds=storm.work_seconds) for _ in range(runs)] if storm.strikes_busy else []
    try:
        for session_id in sessions:
            scene.wait_for_status(session_id, "BUSY")
    except MissedMomentError:
        return sessions, 0
    with scene.storm(storm.rules) as fired:
        sessions = sessions or [scene.request(seconds=storm.work_seconds) for _ in range(runs)]
        time.sleep(storm.seconds)
        scene.wait_until(lambda: fired() or all(map(scene.has_ended, sessions)), "no request was broken")
        return sessions, fired()


def _note(miss, missed):
    """Note why a fault missed its moment, if it did; return a complaint if that has happened too often."""
    if miss is not None:
        missed.append(miss)
    return f"missed its moment {TRIES} times: {'; '.join(missed)}" if len(missed) == TRIES else None


def _broken_guarantee(ending):
    """Return what is wrong with how a run ended, whatever disturbed it; None if nothing is."""
    if ending.status in ENDED and ending.outcomes == 1:
        return None
    return f"{ending.status} with {ending.outcomes} outcome events: {ending}"
