import signal
from concurrent.futures import Future

import pytest

from local.commands import background
from local.commands.signals import Interrupted, Signals


def test_a_signal_disturbs_nothing_and_is_told_of_at_the_next_wait():
    done = []
    with Signals() as signals:
        signal.raise_signal(signal.SIGTERM)
        done.append("what was under way")
        with pytest.raises(Interrupted, match="SIGTERM") as caught:
            signals.result(Future())

    assert done == ["what was under way"]
    assert caught.value.status == 128 + signal.SIGTERM


def test_a_signal_ends_the_wait_though_the_work_goes_on():
    with Signals() as signals:
        background.call(lambda: signal.raise_signal(signal.SIGHUP))
        with pytest.raises(Interrupted, match="SIGHUP"):
            signals.result(Future())


def test_a_second_signal_does_not_disturb_the_ending():
    with Signals() as signals:
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(Interrupted):
            signals.result(Future())
        signal.raise_signal(signal.SIGINT)


def test_results_and_errors_of_the_work_arrive_one_after_another():
    with Signals() as signals:
        assert signals.result(background.call(lambda: 7)) == 7
        assert signals.result(background.call(lambda: 8), seconds=10) == 8
        with pytest.raises(ZeroDivisionError):
            signals.result(background.call(lambda: 1 / 0))


def test_work_that_takes_too_long_is_given_up():
    with Signals() as signals, pytest.raises(TimeoutError, match=r"not done within 0\.01 s"):
        signals.result(Future(), seconds=0.01)


def test_afterwards_signals_mean_what_they_meant_before():
    before = signal.getsignal(signal.SIGTERM)
    with Signals():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before
