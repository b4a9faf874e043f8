"""What `python -m local` and `runs` do before their packages are imported."""

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
        if name == "{entry}.cli":
            signal.raise_signal({number})
sys.meta_path.insert(0, Interruption())
runpy.run_module("{entry}", run_name="__main__", alter_sys=True)
"""


def python(*arguments):
    return subprocess.run(
        [sys.executable, *arguments], cwd=processes.PROJECT, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_during_the_imports_ends_the_command_with_one_line(number):
    done = python("-c", INTERRUPTED.format(entry="local", number=int(number)))
    assert (done.returncode, done.stdout) == (128 + number, "")
    assert done.stderr == f"Interrupted ({number.name})\n"


def test_with_json_a_signal_during_the_imports_is_a_json_object_too():
    done = python("-c", INTERRUPTED.format(entry="local", number=int(signal.SIGTERM)), "run", "--json")
    assert done.returncode == 128 + signal.SIGTERM
    assert json.loads(done.stdout) == {"status": None, "error": "Interrupted (SIGTERM)"}


def test_ctrl_c_during_the_imports_ends_the_command_of_operators_silently():
    # The tests themselves may run in the background, where a shell ignores SIGINT.
    usual = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    done = python("-c", usual + INTERRUPTED.format(entry="runs", number=int(signal.SIGINT)))
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")


def test_a_shell_in_the_background_keeps_ctrl_c_from_the_command_of_operators():
    ignored = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    done = python("-c", ignored + INTERRUPTED.format(entry="runs", number=int(signal.SIGINT)), "--help")
    assert (done.returncode, done.stderr) == (0, "")


def test_the_signals_are_handled_before_the_first_import_that_takes_time():
    """Before this, during the interpreter's own start, SIGINT shows a traceback of Python, and the others nothing."""
    loaded = python("-c", "import sys; print(*sys.modules)").stdout.split()
    for entry in ("local", "runs"):
        source = (processes.PROJECT / entry / "__main__.py").read_text()
        before = source[: source.index("_signal.signal(")]
        assert set(re.findall(r"^ *(?:import|from) (\w+)", before, re.MULTILINE)) <= set(loaded)


def test_a_python_without_the_packages_is_an_error_with_its_remedy():
    done = python("-S", "-m", "local", "run")
    assert (done.returncode, done.stdout) == (3, "")
    assert "No module named" in done.stderr
    assert "run 'make setup' once, then use .venv/bin/python -m local" in done.stderr
    assert done.stderr.count("\n") == 1
