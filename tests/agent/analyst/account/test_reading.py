import threading
import time

import pytest
from botocore.exceptions import EndpointConnectionError

from agent.analyst.account.reading import Reading, is_transient
from agent.analyst.analysis.estate import Gap
from agent.harness.task import StoppedError
from tests.agent.analyst.account.fakes import refusal


def reading(stop=None, seconds=60.0, clock=time.monotonic):
    return Reading(stop=stop or threading.Event(), seconds=seconds, monotonic=clock)


def attempt(one, read, about=()):
    return one.attempt(
        read, source="logs:FilterLogEvents", region="eu-central-1", effect="memory is not judged", about=about
    )


def refuse(operation, code="AccessDeniedException"):
    def read():
        raise refusal(operation, code)

    return read


def test_a_successful_read_returns_its_result_without_a_gap():
    one = reading()
    assert attempt(one, lambda: 42) == 42
    assert one.gaps == ()


def test_a_refusal_becomes_a_gap_with_the_refused_operation():
    one = reading()
    assert attempt(one, refuse("DescribeLogStreams")) is None
    assert one.gaps == (
        Gap(
            source="logs:DescribeLogStreams",
            region="eu-central-1",
            reason="AccessDeniedException",
            effect="memory is not judged",
        ),
    )


def test_many_equal_refusals_become_one_gap():
    one = reading()
    one.each(lambda _: attempt(one, refuse("FilterLogEvents")), range(1_000))
    assert [gap.functions for gap in one.gaps] == [None]


def test_a_gap_counts_each_function_once():
    one = reading()
    for name in ("a", "b", "a"):
        attempt(one, refuse("FilterLogEvents"), about=[name])
    assert [gap.functions for gap in one.gaps] == [2]


def test_a_gap_about_a_region_affects_all_its_functions():
    one = reading()
    attempt(one, refuse("FilterLogEvents"), about=["a"])
    attempt(one, refuse("FilterLogEvents"))
    assert [gap.functions for gap in one.gaps] == [None]


def test_a_gap_of_an_earlier_attempt_keeps_its_number_of_functions():
    before, one = reading(), reading()
    attempt(before, refuse("FilterLogEvents"), about=["a", "b", "c"])
    [gap] = before.gaps
    one.add(gap)
    assert one.gaps == (gap,)
    attempt(one, refuse("FilterLogEvents"), about=["a"])
    assert one.gaps == (gap,)


@pytest.mark.parametrize(
    ("reason", "passing"),
    [
        ("ThrottlingException", True),
        ("TooManyRequestsException", True),
        ("InternalError", True),
        ("the time budget for reading was used up", True),
        ("AccessDeniedException", False),
        ("Forbidden", False),
    ],
)
def test_transient_reasons_are_recognised(reason, passing):
    gap = Gap(source="logs:FilterLogEvents", region="eu-central-1", reason=reason, effect="memory is not judged")
    assert is_transient(gap) is passing


def test_throttling_after_all_retries_becomes_a_gap():
    one = reading()
    attempt(one, refuse("FilterLogEvents", "ThrottlingException"))
    assert [gap.reason for gap in one.gaps] == ["ThrottlingException"]


def test_an_unreachable_account_raises_an_error():
    def unreachable():
        raise EndpointConnectionError(endpoint_url="https://logs.eu-central-1.amazonaws.com")

    with pytest.raises(EndpointConnectionError):
        attempt(reading(), unreachable)


def test_nothing_is_read_after_the_time_budget_is_used_up():
    now = [0.0]
    one = reading(seconds=10, clock=lambda: now[0])
    assert attempt(one, lambda: 1) == 1
    now[0] = 10.1
    assert attempt(one, lambda: pytest.fail("must not be read")) is None
    assert [gap.reason for gap in one.gaps] == ["the time budget for reading was used up"]


def test_nothing_is_read_after_the_stop_signal():
    stop = threading.Event()
    one = reading(stop)
    stop.set()
    with pytest.raises(StoppedError):
        one.each(lambda _: attempt(one, lambda: pytest.fail("must not be read")), range(3))


def test_items_are_read_a_few_at_once_and_returned_in_order():
    running, most = [], []

    def work(number):
        running.append(number)
        most.append(len(running))
        time.sleep(0.002)
        running.remove(number)
        return number

    assert reading().each(work, range(40), at_once=4) == list(range(40))
    assert 1 < max(most) <= 4
