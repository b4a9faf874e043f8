import threading
import time

import pytest
from botocore import exceptions

from agent.analyst.account.gap_list import NO_RESPONSE, OUT_OF_TIME, UNREACHABLE, is_transient
from agent.analyst.account.reading import REQUEST_SECONDS, Reading
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
        (OUT_OF_TIME, True),
        (NO_RESPONSE, True),
        (UNREACHABLE, False),
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


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (exceptions.EndpointConnectionError(endpoint_url="https://logs"), UNREACHABLE),
        (exceptions.ReadTimeoutError(endpoint_url="https://logs"), NO_RESPONSE),
        (exceptions.ConnectTimeoutError(endpoint_url="https://logs"), NO_RESPONSE),
        (exceptions.ConnectionClosedError(endpoint_url="https://logs"), NO_RESPONSE),
    ],
)
def test_a_service_that_does_not_respond_becomes_a_gap(error, reason):
    def unreachable():
        raise error

    one = reading()
    assert attempt(one, unreachable) is None
    assert [gap.reason for gap in one.gaps] == [reason]


def test_missing_credentials_are_no_gap():
    def read():
        raise exceptions.NoCredentialsError

    with pytest.raises(exceptions.NoCredentialsError):
        attempt(reading(), read)


def test_a_request_that_never_ends_is_given_up_and_the_stage_goes_on():
    now = [0.0]
    one = reading(seconds=1_000, clock=lambda: now[0])
    never = threading.Event()

    def hang():
        now[0] += REQUEST_SECONDS
        never.wait()

    assert attempt(one, hang) is None
    assert [gap.reason for gap in one.gaps] == [NO_RESPONSE]
    assert attempt(one, lambda: 1) == 1
    never.set()


def test_a_stage_ends_within_its_own_budget_and_the_next_one_has_a_budget_again():
    now = [0.0]
    one = reading(seconds=1_000, clock=lambda: now[0])
    with one.within(50):
        now[0] = 50.0
        assert attempt(one, lambda: pytest.fail("must not be read")) is None
    with one.within(50):
        assert attempt(one, lambda: 1) == 1
    assert [gap.reason for gap in one.gaps] == [OUT_OF_TIME]


def test_a_stage_cannot_exceed_the_budget_of_all_reading():
    now = [0.0]
    one = reading(seconds=10, clock=lambda: now[0])
    with one.within(50):
        now[0] = 10.0
        assert attempt(one, lambda: pytest.fail("must not be read")) is None


def test_a_stop_signal_ends_a_request_that_never_ends():
    stop, never = threading.Event(), threading.Event()
    one = reading(stop)

    def hang():
        stop.set()
        never.wait()

    with pytest.raises(StoppedError):
        attempt(one, hang)
    never.set()


def test_pages_are_returned_up_to_the_first_that_cannot_be_read():
    def pages():
        yield from ("a", "b")
        raise refusal("ListFunctions", "ThrottlingException")

    one = reading()
    found = one.pages(
        pages(),
        source="lambda:ListFunctions",
        region="eu-central-1",
        effect="",
        missing=lambda read: {"c", "d"} - {*read},
    )
    assert found == (["a", "b"], False)
    assert [(gap.reason, gap.functions) for gap in one.gaps] == [("ThrottlingException", 2)]
    assert one.pages(iter(["a"]), source="lambda:ListFunctions", region="eu-central-1", effect="") == (["a"], True)


def test_progress_is_reported_now_and_then():
    now, lines = [0.0], []
    one = Reading(
        stop=threading.Event(), seconds=1_000, monotonic=lambda: now[0], report_progress=lambda line: lines.append(line)
    )

    def work(_):
        now[0] += 4.0

    one.each(work, range(6), at_once=1, doing="Reading the usage")
    assert 1 <= len(lines) <= 2
    assert all(line.startswith("Reading the usage: ") and line.endswith(" of 6") for line in lines)
    before = len(lines)
    one.each(work, range(6), at_once=1)
    assert len(lines) == before


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
