import io

import pytest

from local.terminal.console import Console


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


def test_a_terminal_gets_lines_that_break_between_words(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    stream = Terminal()
    console = Console(stream, ticking(1.0))
    console.line("deploy  stack dev: 91 resources, and a long explanation of all of them")
    console.text("  one finding: something that is far too long for the line")
    lines = stream.getvalue().replace("\r\x1b[2K", "").splitlines()
    assert lines == [
        "  1.0 s  deploy  stack dev: 91",
        "                 resources, and a long",
        "                 explanation of all of",
        "                 them",
        "  one finding: something that is far",
        "    too long for the line",
    ]


def test_lines_to_copy_and_lines_for_a_file_are_never_broken(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    long = "word " * 20
    terminal, file = Terminal(), io.StringIO()
    Console(terminal, ticking()).verbatim(long)
    Console(file, ticking()).text(long)
    assert terminal.getvalue() == f"\r\x1b[2K{long}\n"
    assert file.getvalue() == f"{long}\n"


def test_escape_sequences_are_shown_and_not_sent_to_the_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "30")
    stream = Terminal()
    console = Console(stream, ticking(1.0, 2.0))
    console.line("tool \x1b]0;title\x07\n  9.9 s  run is COMPLETED")
    console.text("one\n\x9b31mtwo \u202eeerht")
    console.verbatim("\x1b[2J")
    console.status("\x1b" * 30)
    written = stream.getvalue().replace("\r\x1b[2K", "")
    assert written.replace("\n", "").isprintable()
    assert r"tool \u001b]0;title\u0007\u000a" in " ".join(written.split())
    assert "one\n" in written
    assert len(written.splitlines()[-1]) < 30
