"""The parts of an attempt, each without a thread's timing."""

import dataclasses
import threading

import pytest
from botocore.exceptions import EndpointConnectionError

from agent.harness.attempt.conclusion import Conclusion
from agent.harness.attempt.deadline import Deadline
from agent.harness.attempt.lease import Lease
from agent.harness.attempt.stop import StopReason, StopSignal
from tests.agent.settings import SETTINGS

LEASE_SECONDS = 60


class Clock:
    def __init__(self):
        self.now = 1_000.0

    def __call__(self):
        return self.now


class Journal:
    """A journal that records its calls, and may be unreachable."""

    def __init__(self):
        self.calls = []
        self.unreachable = False

    def renew(self, **fields):
        self._call("renew")
        self.fields = fields
        return False

    def release(self, *, model_error):  # noqa: ARG002
        self._call("release")

    def _call(self, name):
        self.calls.append(name)
        if self.unreachable:
            raise EndpointConnectionError(endpoint_url="journal")


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def journal():
    return Journal()


@pytest.fixture
def lease(clock, journal):
    return Lease(journal, seconds=LEASE_SECONDS, begun_at=clock.now, monotonic=clock)


class TestLease:
    def test_a_released_lease_is_not_renewed(self, lease, journal):
        lease.release()
        assert lease.renew() is False
        assert journal.calls == ["release"]

    def test_a_lease_whose_release_failed_is_not_renewed_but_can_be_released_again(self, lease, journal):
        journal.unreachable = True
        with pytest.raises(EndpointConnectionError):
            lease.release()
        journal.unreachable = False
        lease.renew()
        lease.release()
        assert journal.calls == ["release", "release"]

    def test_a_release_waits_for_the_renewal_that_is_under_way(self, lease, journal):
        entered, go_on = threading.Event(), threading.Event()

        def slow_renewal(**_):
            entered.set()
            assert go_on.wait(60)
            journal.calls.append("renew")
            return False

        journal.renew = slow_renewal
        renewing, releasing = threading.Thread(target=lease.renew), threading.Thread(target=lease.release)
        renewing.start()
        assert entered.wait(60)
        releasing.start()
        assert journal.calls == []
        go_on.set()
        renewing.join(60)
        releasing.join(60)
        assert journal.calls == ["renew", "release"]

    def test_a_lease_expires_when_it_was_not_renewed_for_its_duration(self, lease, clock):
        clock.now += LEASE_SECONDS - 1
        lease.renew()
        clock.now += LEASE_SECONDS - 1
        assert not lease.has_expired()
        clock.now += 1
        assert lease.has_expired()

    def test_the_least_margin_belongs_to_the_renewal_after_the_longest_pause(self, lease, clock):
        for seconds in (10, 45, 10):
            clock.now += seconds
            lease.renew()
        assert lease.least_margin_seconds == LEASE_SECONDS - 45

    def test_a_renewal_writes_the_latest_progress_and_truncates_it(self, lease, journal):
        lease.report_progress("early")
        lease.report_progress("x" * 300)
        lease.renew()
        assert journal.fields["progress"] == "x" * 200


class TestStopSignal:
    def test_a_second_reason_does_not_replace_the_first(self, clock):
        stop = StopSignal(monotonic=clock)
        assert stop.reason is None
        stop.set(StopReason.DEADLINE)
        stop.set(StopReason.CANCELLED)
        assert (stop.reason, stop.event.is_set()) == (StopReason.DEADLINE, True)

    def test_its_age_counts_from_the_first_reason(self, clock):
        stop = StopSignal(monotonic=clock)
        assert not stop.is_older_than(0)
        stop.set(StopReason.DEADLINE)
        clock.now += 5
        stop.set(StopReason.CANCELLED)
        assert stop.is_older_than(5)
        assert not stop.is_older_than(6)


class TestConclusion:
    def test_only_the_first_write_is_made(self, clock):
        conclusion = Conclusion(lease_seconds=LEASE_SECONDS, monotonic=clock)
        written = []
        conclusion.write_once(lambda: written.append("first"))
        conclusion.write_once(lambda: written.append("second"))
        assert (written, conclusion.is_over) == (["first"], True)

    def test_a_write_that_failed_leaves_the_conclusion_to_the_next_one(self, clock):
        conclusion = Conclusion(lease_seconds=0, monotonic=clock)
        written = []

        def unreachable():
            raise EndpointConnectionError(endpoint_url="journal")

        with pytest.raises(EndpointConnectionError):
            conclusion.write_once(unreachable)
        assert not conclusion.is_over
        conclusion.write_once(lambda: written.append("second"))
        assert written == ["second"]

    def test_nothing_is_written_after_the_attempt_has_given_up(self, clock):
        conclusion = Conclusion(lease_seconds=LEASE_SECONDS, monotonic=clock)
        conclusion.give_up()
        conclusion.write_once(lambda: pytest.fail("the write was made"))


@pytest.mark.parametrize(
    ("workflow_seconds", "at", "setting"),
    [
        (600 + LEASE_SECONDS, 1_600, "agentDeadlineSeconds"),
        (500 + LEASE_SECONDS, 1_500, "workflowDeadlineSeconds"),
        (0, 1_000 - LEASE_SECONDS, "workflowDeadlineSeconds"),
    ],
)
def test_the_earlier_deadline_is_used(workflow_seconds, at, setting):
    settings = dataclasses.replace(SETTINGS, lease_seconds=LEASE_SECONDS, agent_deadline_seconds=600)
    deadline = Deadline.of(settings, workflow_seconds=workflow_seconds, begun_at=1_000)
    assert deadline == Deadline(at=at, setting=setting)
