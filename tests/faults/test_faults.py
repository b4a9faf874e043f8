"""Each fault once, all at the same time; then faults that disturb all runs; then a burst against a quota."""

import pytest

from components.settings.model import PlatformVersion
from tests.faults import trial
from tests.faults.faults import FAULTS
from tests.faults.scene import Scene
from tests.faults.storms import STORMS

pytestmark = [pytest.mark.local, pytest.mark.timeout(trial.TIMEOUT_SECONDS)]

BURST = 12


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    state = tmp_path_factory.mktemp("faults")
    with Scene(state, platform_version=PlatformVersion.V2, new_sessions_per_second=4.0) as scene:
        yield scene
        assert scene.what_is_left() == []


@pytest.fixture(scope="module")
def trials(scene):
    return trial.carry_out_all(scene, FAULTS)


@pytest.mark.parametrize("name", FAULTS)
def test_a_disturbed_run_ends_once_and_as_expected(trials, name):
    assert trials[name].result().complaint is None


def test_the_report_is_that_of_the_winning_attempt(trials):
    for name in ("zombie", "kill -9", "credentials expire"):
        ending = trials[name].result().endings[-1]
        assert f"attempt-{ending.attempt}/" in ending.item["report_uri"]


def test_the_cost_of_a_run_is_written_when_it_has_ended(trials):
    ending = trials["nothing"].result().endings[-1]
    assert ending.item["cost"]


def test_an_attempt_continues_the_conversation_that_lost_its_model(scene, trials):
    ending = trials["model throttled for longer than the agent waits"].result().endings[-1]
    names = [step.name for step in scene.stack.runs.read(ending.session_id).steps]
    assert [name for name in names if "messages" in name] == ["Starting with 0 messages", "Starting with 3 messages"]


@pytest.mark.parametrize("name", STORMS)
def test_runs_survive_a_fault_that_disturbs_all_of_them(scene, trials, name):  # noqa: ARG001  # after the single faults
    assert trial.carry_out_storm(scene, STORMS[name]).complaint is None


def test_each_run_of_a_burst_against_the_session_quota_ends_once(scene, trials):  # noqa: ARG001
    ends = list(scene.burst(BURST))
    assert [(end.status, end.outcomes) for end in ends] == [("COMPLETED", 1)] * BURST
