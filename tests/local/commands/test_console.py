import io

import pytest

from local.commands.console import Console


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def terminal_kind(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")


def ticking(*seconds):
    return iter((0.0, *seconds)).__next__


def test_without_a_terminal_only_permanent_lines_are_written():
    stream = io.StringIO()
    console = Console(stream, ticking(1.26, 2.0))
    console.line("start")
    console.status("working")
    console.text("the end")
    console.clear()
    assert stream.getvalue() == "  1.3 s  start\nthe end\n"


def test_on_a_terminal_the_status_line_is_rewritten_and_cleared():
    stream = Terminal()
    console = Console(stream, ticking(1.0, 2.0))
    console.status("working")
    console.line("start")
    console.clear()
    assert stream.getvalue().replace("\r\x1b[2K", "|") == "|  1.0 s  working|  2.0 s  start\n  1.0 s  working|"
