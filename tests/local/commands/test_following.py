"""The view of a run in `make run`."""

import io
import threading
import time

import pytest

from local.commands.following import Following, StoppedError
from runs.cli.screen import Screen
from tests.runs.accounts import account

__all__ = ["account"]

RUN = "8d76db61-1111-4222-8333-444455556666"
HIDE_CURSOR, SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"


def test_a_stopped_view_shows_the_cursor_again_and_prints_nothing(account, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    account.add_run(RUN, status="BUSY", progress="Reading")
    shown, stopped = io.StringIO(), []
    following = Following(Screen(stream=shown))

    def show():
        try:
            following.show(account.place, RUN, seconds=60)
        except StoppedError as error:
            stopped.append(error)

    thread = threading.Thread(target=show)
    thread.start()
    while "Reading" not in shown.getvalue():
        assert thread.is_alive()
        time.sleep(0.01)
    following.stop()

    before = shown.getvalue()
    assert before.rindex(SHOW_CURSOR) > before.rindex(HIDE_CURSOR)
    thread.join()
    assert shown.getvalue() == before
    assert len(stopped) == 1


def test_a_run_that_does_not_end_in_time_is_an_error(account):
    account.add_run(RUN, status="BUSY")
    with pytest.raises(TimeoutError, match=f"Run {RUN} has not ended within 0.1 s"):
        Following(Screen(stream=io.StringIO())).show(account.place, RUN, seconds=0.1)
