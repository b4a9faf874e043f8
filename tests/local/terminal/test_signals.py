import signal
from concurrent.futures import Future

import pytest

from local.terminal import background
from local.terminal.signals import Interrupted, Signals


def test_a_signal_interrupts_only_the_next_wait_for_a_result():
    done = []
    with Signals() as signals:
        signal.raise_signal(signal.SIGTERM)
        done.append("what was under way")
        with pytest.raises(Interrupted, match="SIGTERM") as caught:
            signals.result(Future())

    assert done == ["what was under way"]
    assert caught.value.status == 128 + signal.SIGTERM


def test_a_signal_ends_the_wait_and_not_the_work():
    with Signals() as signals:
        background.call(lambda: signal.raise_signal(signal.SIGHUP))
        with pytest.raises(Interrupted, match="SIGHUP"):
            signals.result(Future())


def test_a_second_signal_does_not_interrupt_the_clean_up():
    with Signals() as signals:
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(Interrupted):
            signals.result(Future())
        signal.raise_signal(signal.SIGINT)


def test_each_wait_returns_the_result_or_the_error_of_its_work():
    with Signals() as signals:
        assert signals.result(background.call(lambda: 7)) == 7
        assert signals.result(background.call(lambda: 8), seconds=10) == 8
        with pytest.raises(ZeroDivisionError):
            signals.result(background.call(lambda: 1 / 0))


def test_waiting_ends_with_a_timeout_error():
    with Signals() as signals, pytest.raises(TimeoutError, match=r"did not end within 0\.01 s"):
        signals.result(Future(), seconds=0.01)


def test_the_signal_handlers_are_restored():
    before = signal.getsignal(signal.SIGTERM)
    with Signals():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before
