"""1,000 functions, and a CloudWatch that never answers one of the requests."""

import threading

import pytest

from agent.analyst.account import budgets
from agent.analyst.account.collector import Collector
from agent.analyst.account.gap_list import NO_RESPONSE, OUT_OF_TIME
from agent.analyst.account.reading import REQUEST_SECONDS, Reading
from agent.analyst.account.usage.series import QUERIES_PER_REQUEST
from tests.agent.analyst.account.configuration.test_functions import configured
from tests.agent.analyst.account.fakes import FakeClients
from tests.agent.analyst.account.test_collector import REGION, WINDOW, Account
from tests.agent.analyst.account.usage.cloudwatch_server import CloudWatchServer
from tests.agent.analyst.report.stores import MemoryStore

NAMES = [f"function-{number:03}" for number in range(1_000)]


class WatchedReading(Reading):
    """Passes time only while nothing but the request that is never answered is under way."""

    def __init__(self):
        self.now = 0.0
        self.answered = 0
        super().__init__(stop=threading.Event(), seconds=10_000, monotonic=lambda: self.now)

    def attempt(self, read, *, source, **arguments):
        found = super().attempt(read, source=source, **arguments)
        if source == "cloudwatch:GetMetricData" and found is not None:
            self.answered += 1
            if self.answered == 2:
                self.now = REQUEST_SECONDS
        return found


def collector(account, cloudwatch, reading):
    return Collector(
        clients=FakeClients({**account.clients, "cloudwatch": cloudwatch}),
        regions=(REGION,),
        window=WINDOW,
        reading=reading,
        store=MemoryStore(),
        report_progress=lambda _: None,
    )


def test_a_request_that_is_never_answered_is_a_gap_for_exactly_its_functions():
    account = Account([configured(name) for name in NAMES], dict.fromkeys(NAMES, 10))
    # Two totals of the region are in front of the functions.
    ignored = NAMES[QUERIES_PER_REQUEST - 2 : 2 * QUERIES_PER_REQUEST - 2]
    reading = WatchedReading()
    with CloudWatchServer(lambda queries: next(account.get_metric_data(queries)), silent_about=ignored[7]) as server:
        facts = collector(account, server.client(), reading).read_usage()
        assert server.ignored.is_set()

    assert [profile.name for profile in facts.profiles if profile.usage is None] == ignored
    assert {profile.usage.invocations for profile in facts.profiles if profile.usage} == {10}
    assert [(gap.source, gap.reason, gap.functions) for gap in facts.gaps] == [
        ("cloudwatch:GetMetricData", NO_RESPONSE, QUERIES_PER_REQUEST)
    ]
    assert reading.now <= budgets.USAGE_SECONDS


@pytest.mark.parametrize("stage", ["list_functions", "read_usage", "read_logs", "read_memory"])
def test_a_stage_in_which_nothing_is_answered_any_more_ends_within_its_budget_and_returns_what_it_has(stage):
    names = NAMES[:20]
    account = Account([configured(name) for name in names], dict.fromkeys(names, 10))
    now, never = [0.0], threading.Event()
    reading = Reading(stop=threading.Event(), seconds=10_000, monotonic=lambda: now[0])
    one = collector(account, account.clients["cloudwatch"], reading)
    for before in ["list_functions", "read_usage", "read_logs", "read_memory"]:
        if before == stage:
            break
        getattr(one, before)()

    def hang(**_):
        now[0] += REQUEST_SECONDS
        never.wait()

    if stage == "list_functions":
        pages = account.clients["lambda"]._operations["list_functions"]
        account.clients["lambda"]._operations["list_functions"] = lambda **_: (
            page if number == 0 else hang() for number, page in enumerate([*pages(), None])
        )
    for client in account.clients.values():
        for name in set(client._operations) - {"list_functions"}:
            client._operations[name] = hang
    facts = getattr(one, stage)()
    never.set()

    assert [profile.name for profile in facts.profiles] == names
    assert {gap.reason for gap in facts.gaps} <= {NO_RESPONSE, OUT_OF_TIME}
    assert facts.gaps
    seconds = {
        "list_functions": budgets.LISTING_SECONDS,
        "read_usage": budgets.USAGE_SECONDS,
        "read_logs": budgets.LOGS_SECONDS,
        "read_memory": budgets.MEMORY_SECONDS,
    }[stage]
    # Requests that are under way together pass the time together.
    assert now[0] <= seconds + 8 * REQUEST_SECONDS
