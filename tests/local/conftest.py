import os

import pytest


@pytest.fixture(scope="session")
def is_running():
    def look(pid):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        return True

    return look
