"""Which runs of the fault suite are repeated, and what its summary contains. No run is real here."""

import concurrent.futures
import random
import sys

import pytest

from local.terminal.console import Console
from tests.faults import trial
from tests.faults.campaign import Tally
from tests.faults.fault import Fault
from tests.faults.scene import Ending, MissedMomentError


class Scene:
    """A scene whose runs end as they are told to, one after another; the last end repeats."""

    def __init__(self, *ends):
        self.ends = list(ends)
        self.requested = 0

    def request(self):
        self.requested += 1
        return str(self.requested)

    def ending(self, session_id):
        return self.ends[min(int(session_id), len(self.ends)) - 1]

    def what_is_left(self):
        return []


def ended(status="COMPLETED", *, attempt=1, outcomes=1):
    return Ending(session_id="1", status=status, attempt=attempt, error_type=None, outcomes=outcomes, item={})


def late(times):
    """Return a fault that is too late for some runs."""

    def happen(_scene, session_id, _rng):
        if int(session_id) <= times:
            raise MissedMomentError("the run was COMPLETED in attempt 1 before attempt 1 was BUSY")

    return Fault(script={}, happen=happen)


def carried_out(scene, fault, **options):
    return trial.carry_out(scene, fault, random.Random(), **options)


def test_a_fault_that_missed_its_moment_is_repeated_with_a_new_run():
    scene = Scene(ended())
    found = carried_out(scene, late(times=2))
    assert (found.complaint, scene.requested, len(found.endings), len(found.missed)) == (None, 3, 3, 2)


def test_a_fault_that_always_misses_its_moment_is_a_failure():
    found = carried_out(Scene(ended()), late(times=99))
    assert found.complaint.startswith(f"missed its moment {trial.TRIES} times: the run was COMPLETED in attempt 1")
    assert len(found.endings) == trial.TRIES


@pytest.mark.parametrize("attempt", [1, 3])
def test_a_run_with_too_few_or_too_many_attempts_is_repeated(attempt):
    fault = Fault(script={}, attempts=(2, 2))
    found = carried_out(Scene(ended(attempt=attempt), ended(attempt=2)), fault)
    assert (found.complaint, found.missed) == (None, [f"{attempt} attempts, expected 2 to 2"])


@pytest.mark.parametrize("wrong", [ended("FAILED"), ended("BUSY"), ended(outcomes=0), ended(outcomes=2)])
def test_a_run_that_ended_wrongly_is_not_repeated(wrong):
    scene = Scene(wrong)
    found = carried_out(scene, Fault(script={}))
    assert found.complaint is not None
    assert scene.requested == 1


@pytest.mark.parametrize("outcomes", [0, 2])
def test_a_run_whose_fault_came_too_late_must_have_one_outcome(outcomes):
    assert carried_out(Scene(ended(outcomes=outcomes)), late(times=1)).complaint is not None


def test_a_storm_may_change_how_a_run_ends_but_not_how_often():
    def carried_out_in_a_storm(ending):
        return carried_out(Scene(ending), Fault(script={}), is_calm_since=lambda _: False).complaint

    assert carried_out_in_a_storm(ended("FAILED", attempt=3)) is None
    assert carried_out_in_a_storm(ended(outcomes=2)) is not None


def test_the_summary_counts_each_fault_each_run_and_each_repetition(capsys):
    tally = Tally()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        tally.count("late", pool.submit(carried_out, Scene(ended()), late(times=1)))
        tally.count("stuck", pool.submit(carried_out, None, Fault(script={})))
    broken = tally.close("title", Scene(), Console(sys.stdout, clock=lambda: 0))
    assert [line.split(":")[0] for line in broken] == ["stuck"]
    lines = {line.strip() for line in capsys.readouterr().out.splitlines()}
    assert lines >= {
        "0.0 s  title: 0 lost, 0 doubled, 0 stuck",
        "1  fault: late",
        "1  fault: stuck",
        "2  ended: COMPLETED",
        "1  ended: not seen",
        "1  repeated: late: the run was COMPLETED in attempt 1 before attempt 1 was BUSY",
    }
