"""Each fault once, all at the same time; then faults that disturb all runs; then a burst against a quota."""

import concurrent.futures

import pytest

from tests.faults.faults import FAULTS, STORMS, seeded
from tests.faults.scene import Scene

pytestmark = [pytest.mark.local, pytest.mark.timeout(400)]

BURST = 12
AT_ONCE = 8


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    with Scene(tmp_path_factory.mktemp("faults"), new_sessions_per_second=4.0) as scene:
        yield scene
        assert scene.what_is_left() == []


@pytest.fixture(scope="module")
def endings(scene):
    """Return a future for each fault, with how its run ended."""

    def disturb(name, fault):
        return scene.run(lambda *at: fault.happen(*at, seeded(0, name)), **fault.script)

    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        futures = {name: pool.submit(disturb, name, fault) for name, fault in FAULTS.items()}
        concurrent.futures.wait(futures.values())
        return futures


@pytest.mark.parametrize("name", FAULTS)
def test_a_disturbed_run_ends_once_and_as_expected(endings, name):
    fault, ending = FAULTS[name], endings[name].result()
    assert (ending.status, ending.error_type) in fault.ends
    assert fault.attempts[0] <= ending.attempt <= fault.attempts[1]
    assert ending.outcomes == 1


def test_the_report_is_that_of_the_winning_attempt(endings):
    for name in ("zombie", "kill -9"):
        ending = endings[name].result()
        assert f"attempt-{ending.attempt}/" in ending.item["report_uri"]


@pytest.mark.parametrize("name", STORMS)
def test_runs_survive_a_fault_that_disturbs_all_of_them(scene, endings, name):  # noqa: ARG001  # after the single faults
    storm = STORMS[name]
    sessions = [scene.request(seconds=storm.work_seconds) for _ in range(2)]
    if storm.strikes_busy:
        for session_id in sessions:
            scene.wait_for_status(session_id, "BUSY")
    fired = scene.break_for_a_while(storm)
    ends = [scene.ending(session_id) for session_id in sessions]
    assert any(fired.values()), "no rule of a proxy fired"
    assert [(end.status, end.outcomes) for end in ends] == [("COMPLETED", 1)] * len(sessions)
    assert min(end.attempt for end in ends) >= storm.attempts


def test_each_run_of_a_burst_against_the_session_quota_ends_once(scene, endings):  # noqa: ARG001
    ends = list(scene.burst(BURST))
    assert [(end.status, end.outcomes) for end in ends] == [("COMPLETED", 1)] * BURST
