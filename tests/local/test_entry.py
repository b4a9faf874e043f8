"""What `python -m local` does before its packages are imported."""

import signal
import subprocess
import sys

import pytest

from local import processes

# Sends the signal while the command line is being imported.
INTERRUPTED = """
import signal, sys
class Interruption:
    def find_spec(self, name, path=None, target=None):
        if name == "local.cli":
            signal.raise_signal({number})
sys.meta_path.insert(0, Interruption())
from local.__main__ import main
main()
"""


def python(*arguments):
    return subprocess.run(
        [sys.executable, *arguments], cwd=processes.PROJECT, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_during_the_imports_ends_the_command_with_one_line(number):
    done = python("-c", INTERRUPTED.format(number=int(number)))
    assert (done.returncode, done.stdout) == (128 + number, "")
    assert done.stderr == f"Interrupted ({number.name})\n"


def test_a_python_without_the_packages_is_an_error_with_its_remedy():
    done = python("-S", "-m", "local", "run", "--help")
    assert (done.returncode, done.stdout) == (3, "")
    assert "No module named" in done.stderr
    assert "run 'make setup' once, then use .venv/bin/python -m local" in done.stderr
    assert done.stderr.count("\n") == 1
