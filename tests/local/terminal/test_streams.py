"""Commands whose output cannot be written, as a shell starts them."""

import os
import subprocess
import sys

import pytest

from local import processes

pytestmark = pytest.mark.slow

HELP = [sys.executable, "-m", "local", "run", "--help"]
SCRIPT = """
import sys
from local.terminal import streams
def command():
    streams.write(sys.stdout, "2048 → 1024 MB · caf\\xe9 \\udcff\\n")
    return 0
sys.exit(streams.guard(command))
"""


def execute(command, **options):
    return subprocess.run(
        command, cwd=processes.PROJECT, stderr=subprocess.PIPE, text=True, timeout=60, check=False, **options
    )


@pytest.mark.parametrize("command", [HELP, [sys.executable, "-c", SCRIPT]], ids=["help", "a command"])
def test_when_the_reader_has_left_the_command_ends_silently_like_one_that_sigpipe_ended(command):
    reading, writing = os.pipe()
    os.close(reading)
    done = execute(command, stdout=writing)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no full device")  # noqa: PTH110
@pytest.mark.parametrize("command", [HELP, [sys.executable, "-c", SCRIPT]], ids=["help", "a command"])
def test_a_full_disk_is_one_line_and_its_own_status(command):
    with open("/dev/full", "w") as full:  # noqa: PTH123
        done = execute(command, stdout=full)
    assert done.returncode == 5
    assert done.stderr == (
        "The output cannot be written (No space left on device): free some space, or write it to another place\n"
    )


@pytest.mark.parametrize(
    ("encoding", "written"),
    [
        ("ascii", "2048 -> 1024 MB - caf? \\udcff\n"),
        ("latin-1", "2048 -> 1024 MB · café \\udcff\n"),
        ("utf-8", "2048 → 1024 MB · café \\udcff\n"),
    ],
)
def test_characters_that_the_encoding_lacks_are_replaced(encoding, written):
    environment = processes.base_environment() | {"PYTHONIOENCODING": encoding}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=processes.PROJECT, env=environment, capture_output=True, check=True
    )
    assert done.stdout.decode(encoding) == written
    assert done.stderr == b""


def test_a_closed_output_is_no_error():
    done = execute(["/bin/sh", "-c", 'exec "$0" -m local run --help >&-', sys.executable])
    assert (done.returncode, done.stderr) == (0, "")
