"""The faults of processes on platform V1, where each session is a new process. On V2 it is a fork."""

import pytest

from components.settings.model import PlatformVersion
from tests.faults import trial
from tests.faults.faults import FAULTS
from tests.faults.scene import Scene

pytestmark = [pytest.mark.local, pytest.mark.timeout(trial.TIMEOUT_SECONDS)]

PROCESS_FAULTS = ("kill -9", "kill -9 before it begins", "SIGTERM", "StopRuntimeSession", "zombie", "invoked late")


@pytest.fixture(scope="module")
def trials(tmp_path_factory):
    state = tmp_path_factory.mktemp("faults")
    with Scene(state, platform_version=PlatformVersion.V1, has_storms=False) as scene:
        yield trial.carry_out_all(scene, {name: FAULTS[name] for name in PROCESS_FAULTS})
        assert scene.what_is_left() == []


@pytest.mark.parametrize("name", PROCESS_FAULTS)
def test_a_run_whose_process_is_disturbed_ends_once_and_as_expected(trials, name):
    assert trials[name].result().complaint is None
