import os

import pytest

from local.emulator.emulator import Emulator


@pytest.fixture(scope="session")
def is_running():
    def look(pid):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        return True

    return look


@pytest.fixture(scope="module")
def account(tmp_path_factory):
    """Start an empty emulated account."""
    with Emulator(tmp_path_factory.mktemp("emulator")) as emulator:
        yield emulator.account
