"""What `python -m local` does before its packages are imported."""

import json
import re
import signal
import subprocess
import sys

import pytest

from local import processes

# Sends the signal while the command line is being imported.
INTERRUPTED = """
import runpy, signal, sys
class Interruption:
    def find_spec(self, name, path=None, target=None):
        if name == "local.cli":
            signal.raise_signal({number})
sys.meta_path.insert(0, Interruption())
runpy.run_module("local", run_name="__main__", alter_sys=True)
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


def test_with_json_a_signal_during_the_imports_is_a_json_object_too():
    done = python("-c", INTERRUPTED.format(number=int(signal.SIGTERM)), "run", "--json")
    assert done.returncode == 128 + signal.SIGTERM
    assert json.loads(done.stdout) == {"status": None, "error": "Interrupted (SIGTERM)"}


def test_nothing_is_imported_before_the_signals_are_handled_but_what_handles_them():
    source = (processes.PROJECT / "local" / "__main__.py").read_text()
    before = source[: source.index("signal.signal(")]
    assert re.findall("^ *(?:import|from) (.+)", before, re.MULTILINE) == ["os", "signal", "sys"]


def test_a_python_without_the_packages_is_an_error_with_its_remedy():
    done = python("-S", "-m", "local", "run", "--help")
    assert (done.returncode, done.stdout) == (3, "")
    assert "No module named" in done.stderr
    assert "run 'make setup' once, then use .venv/bin/python -m local" in done.stderr
    assert done.stderr.count("\n") == 1
