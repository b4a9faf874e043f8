import threading
import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from agent.analyst.account import collector as collecting
from agent.analyst.account.collector import Collector, NothingListedError
from agent.analyst.account.reading import Reading
from agent.analyst.analysis.profile import Window
from tests.agent.analyst.account.fakes import FakeClient, FakeClients, NotFoundError, refusal
from tests.agent.analyst.account.test_functions import configured
from tests.agent.analyst.account.test_logs import REPORT, STREAM
from tests.agent.analyst.analysis.profiles import END, HALF_A_MONTH
from tests.agent.analyst.report.stores import MemoryStore

WINDOW = HALF_A_MONTH
REGION = "us-east-1"


class Account:
    """A small account: its functions, how often they ran, and what may not be read."""

    code = "AccessDeniedException"

    def __init__(
        self,
        functions,
        invocations=None,
        denied=(),
        groups=None,
        first_event=None,
        provisioned=0,
        log_bytes=0,
        last_call=None,
        unmeasured=(),
    ):
        self.functions = functions
        self.invocations = invocations or {}
        self.denied = denied
        self.groups = {f"/aws/lambda/{f['FunctionName']}" for f in functions} if groups is None else groups
        self.first_event = first_event
        self.provisioned = provisioned
        self.log_bytes = log_bytes
        self.last_call = last_call
        self.unmeasured = unmeasured
        self.group_changes = {}
        self.clients = {
            "lambda": FakeClient(
                list_functions=self.guard("ListFunctions", lambda: iter([{"Functions": self.functions}])),
                list_provisioned_concurrency_configs=self.guard(
                    "ListProvisionedConcurrencyConfigs", self.list_provisioned_concurrency_configs
                ),
                get_function_configuration=self.guard("GetFunctionConfiguration", lambda: {"MemorySize": 128}),
                list_versions_by_function=self.guard(
                    "ListVersionsByFunction", lambda: {"Versions": [{"Version": "$LATEST"}, {"Version": "1"}]}
                ),
                get_function_concurrency=self.guard("GetFunctionConcurrency", dict),
            ),
            "cloudwatch": FakeClient(get_metric_data=self.get_metric_data),
            "logs": FakeClient(
                describe_log_groups=self.guard("DescribeLogGroups", self.describe_log_groups),
                describe_log_streams=self.guard("DescribeLogStreams", self.describe_log_streams),
                describe_subscription_filters=self.guard(
                    "DescribeSubscriptionFilters", lambda: {"subscriptionFilters": [{}]}
                ),
                filter_log_events=self.filter_log_events,
            ),
        }

    def guard(self, operation, answer):
        def call(**_):
            if operation in self.denied:
                raise refusal(operation, self.code)
            return answer()

        return call

    def get_metric_data(self, MetricDataQueries, **_):  # noqa: N803
        if "GetMetricData" in self.denied:
            raise refusal("GetMetricData", self.code)
        results = []
        for query in MetricDataQueries:
            metric = query["MetricStat"]["Metric"]
            ran = self.invocations.get(metric["Dimensions"][0]["Value"], 0)
            value = {"Invocations": ran, "Duration": ran * 100.0}.get(metric["MetricName"], 0)
            points = {WINDOW.start: float(value)} if ran and metric["MetricName"] not in self.unmeasured else {}
            if metric["MetricName"] == "IncomingBytes":
                points = {WINDOW.start: float(self.log_bytes)}
            if metric["MetricName"] == "Invocations" and self.last_call:
                points[self.last_call] = 1.0
            results.append(
                {
                    "Id": query["Id"],
                    "Timestamps": list(points),
                    "Values": list(points.values()),
                    "StatusCode": "Complete",
                }
            )
        yield {"MetricDataResults": results}

    def list_provisioned_concurrency_configs(self):
        arn = f"{self.functions[0]['FunctionArn']}:live"
        one = {"FunctionArn": arn, "RequestedProvisionedConcurrentExecutions": self.provisioned}
        yield {"ProvisionedConcurrencyConfigs": [one] if self.provisioned else []}

    def describe_log_groups(self):
        created = int(END.timestamp() * 1_000)
        yield {
            "logGroups": [
                {"logGroupName": name, "creationTime": created, **self.group_changes} for name in sorted(self.groups)
            ]
        }

    def describe_log_streams(self):
        return {"logStreams": [{"firstEventTimestamp": int(self.first_event.timestamp() * 1_000)}]}

    def filter_log_events(self, logGroupName, **_):  # noqa: N803
        if "FilterLogEvents" in self.denied:
            raise refusal("FilterLogEvents", self.code)
        if logGroupName not in self.groups:
            raise NotFoundError("FilterLogEvents")
        yield {"events": [{"message": REPORT.format(100), "logStreamName": STREAM}] * 3}

    @property
    def calls(self):
        return sum((client.calls for client in self.clients.values()), Counter())


def collector(account, store=None, regions=(REGION,), window=WINDOW, told=None, clock=time.monotonic):
    return Collector(
        clients=FakeClients(account.clients),
        regions=regions,
        window=window,
        reading=Reading(stop=threading.Event(), seconds=60, monotonic=clock),
        store=store or MemoryStore(),
        report_progress=(told if told is not None else []).append,
    )


def young(name, **changes):
    """A function that was changed after the window had ended."""
    return configured(name, LastModified=END.isoformat(), **changes)


def test_each_stage_takes_the_ones_before_it_and_none_is_taken_twice():
    account = Account([configured("a")], {"a": 10})
    one = collector(account)
    facts = one.read_memory()
    before = Counter(account.calls)
    assert one.read_memory() == one.read_logs() == one.read_usage() == one.list_functions() == facts
    assert account.calls == before
    [profile] = facts.profiles
    assert profile.usage.invocations == 10
    assert profile.log_group.name == "/aws/lambda/a"
    assert profile.memory.peak_mb == 100
    assert facts.account == "123456789012"


def test_facts_are_saved_after_every_stage():
    store = MemoryStore()
    collector(Account([configured("a")], {"a": 10}), store).read_memory()
    assert store.saves == 4


@pytest.mark.parametrize("stage", ["list_functions", "read_usage", "read_logs", "read_memory"])
def test_a_later_attempt_goes_on_where_the_facts_end(stage):
    store = MemoryStore()
    account = Account([configured("a")], {"a": 10})
    getattr(collector(account, store), stage)()
    done = Counter(account.calls)

    told = []
    facts = collector(account, store, told=told).read_memory()

    complete = Account([configured("a")], {"a": 10})
    assert facts == collector(complete).read_memory()
    assert account.calls == complete.calls
    assert done["list_functions"] == account.calls["list_functions"] == 1
    assert told[0] == "Going on with what an earlier attempt has read of 1 functions"


def test_an_attempt_after_midnight_keeps_the_days_of_the_first_one():
    store = MemoryStore()
    account = Account([configured("a")], {"a": 10})
    collector(account, store).list_functions()
    next_day = Window(start=WINDOW.start + timedelta(days=1), end=WINDOW.end + timedelta(days=1))
    assert collector(account, store, window=next_day).read_usage().window == WINDOW


def test_facts_of_other_regions_are_not_gone_on_with():
    store = MemoryStore()
    account = Account([configured("a")])
    collector(account, store).list_functions()
    collector(account, store, regions=("eu-west-1",)).list_functions()
    assert account.calls["list_functions"] == 2


def test_only_functions_that_ran_are_asked_for_the_details_of_their_use():
    account = Account([configured("busy"), *(configured(f"idle-{n}") for n in range(20))], {"busy": 1})
    collector(account).read_usage()
    asked = Counter(
        query["MetricStat"]["Metric"]["MetricName"]
        for name, arguments in account.clients["cloudwatch"].requests
        for query in arguments["MetricDataQueries"]
    )
    assert asked["Invocations"] == 21
    assert asked["Duration"] == 4
    assert asked["Throttles"] == 21


def test_what_a_function_takes_in_requests_does_not_grow_with_its_versions():
    account = Account([configured("busy"), *(configured(f"idle-{n}") for n in range(20))], {"busy": 1})
    [busy, *idle] = collector(account).read_usage().profiles
    assert account.clients["lambda"].calls == {
        "list_functions": 1,
        "list_provisioned_concurrency_configs": 21,
        "list_versions_by_function": 1,
        "get_function_concurrency": 1,
    }
    assert busy.has_versions is True
    assert {profile.has_versions for profile in idle} == {None}


def test_a_function_that_has_not_run_is_looked_back_at_for_longer():
    account = Account([configured("a", LastModified="2024-01-01T00:00:00.000+0000")])
    [profile] = collector(account).read_logs().profiles
    assert (profile.usage.invocations, profile.usage.silent_days) == (0, 90)
    account.last_call = END - timedelta(days=50)
    [profile] = collector(account).read_logs().profiles
    assert (profile.usage.invocations, profile.usage.silent_days) == (0, 49)


def test_a_call_before_the_window_tells_that_a_function_changed_today_is_not_new():
    [profile] = collector(Account([young("a")], last_call=END - timedelta(days=50))).read_logs().profiles
    assert profile.known_since == END - timedelta(days=50)


def test_a_function_is_silent_for_no_longer_than_it_is_known():
    new = Account([young("a")], first_event=END)
    old = Account([young("a")], first_event=END - timedelta(days=40))
    assert [collector(account).read_logs().profiles[0].usage.silent_days for account in (new, old)] == [0, 40]


def test_provisioned_concurrency_without_a_figure_of_its_use_is_a_gap():
    account = Account([configured("a")], {"a": 10}, provisioned=3, unmeasured=["ProvisionedConcurrencyUtilization"])
    facts = collector(account).read_memory()
    assert facts.profiles[0].provisioned[0].peak_utilization is None
    assert [(gap.reason, gap.functions) for gap in facts.gaps] == [
        ("there is no ProvisionedConcurrencyUtilization in the window", 1)
    ]


@pytest.mark.parametrize(
    ("log_bytes", "changes", "filters"),
    [
        (3 * 1024**3, {}, 1),
        (2 * 1024**3, {}, None),
        (3 * 1024**3, {"metricFilterCount": 1}, None),
        (3 * 1024**3, {"logGroupClass": "INFREQUENT_ACCESS"}, None),
    ],
)
def test_who_subscribes_to_a_log_is_asked_only_where_a_cheaper_class_is_worth_it(log_bytes, changes, filters):
    account = Account([configured("a")], {"a": 10}, log_bytes=log_bytes)
    account.group_changes = changes
    [profile] = collector(account).read_logs().profiles
    assert profile.log_group.subscription_filters == filters
    assert account.calls["describe_subscription_filters"] == (0 if filters is None else 1)


@pytest.mark.parametrize(
    ("operation", "service"),
    [
        ("ListProvisionedConcurrencyConfigs", "lambda"),
        ("GetFunctionConfiguration", "lambda"),
        ("ListVersionsByFunction", "lambda"),
        ("GetFunctionConcurrency", "lambda"),
        ("GetMetricData", "cloudwatch"),
        ("DescribeLogGroups", "logs"),
        ("DescribeSubscriptionFilters", "logs"),
        ("FilterLogEvents", "logs"),
    ],
)
def test_any_refused_operation_is_a_gap_and_the_rest_is_read(operation, service):
    provisioned = int(operation == "GetFunctionConfiguration")
    account = Account([configured("a")], {"a": 10}, denied=(operation,), provisioned=provisioned, log_bytes=3 * 1024**3)
    facts = collector(account).read_memory()
    assert [profile.name for profile in facts.profiles] == ["a"]
    assert {(gap.source, gap.functions) for gap in facts.gaps} == {(f"{service}:{operation}", 1)}


@pytest.mark.parametrize("operation", ["ListProvisionedConcurrencyConfigs", "DescribeLogGroups", "FilterLogEvents"])
def test_what_another_attempt_may_find_is_read_again_and_its_gap_is_gone(operation):
    store = MemoryStore()
    account = Account([configured("a")], {"a": 10}, denied=(operation,))
    account.code = "ThrottlingException"
    first = collector(account, store).read_memory()
    assert [gap.reason for gap in first.gaps] == ["ThrottlingException"]

    account.denied = ()
    second = collector(account, store).read_memory()

    assert second == collector(Account([configured("a")], {"a": 10})).read_memory()
    assert second.gaps == ()
    assert account.calls["list_functions"] == 1


def test_time_that_was_over_is_a_gap_of_one_attempt_only():
    store, now = MemoryStore(), [0.0]
    account = Account([configured("a")], {"a": 10})
    one = collector(account, store, clock=lambda: now[0])
    one.read_usage()
    now[0] = 61.0
    assert {gap.reason for gap in one.read_memory().gaps} == {"the time set aside for reading was over"}
    assert collector(account, store).read_memory() == collector(Account([configured("a")], {"a": 10})).read_memory()


def test_what_is_refused_for_good_stays_a_gap_of_a_later_attempt():
    store = MemoryStore()
    account = Account([configured("a"), configured("b")], {"a": 10}, denied=("ListProvisionedConcurrencyConfigs",))
    first = collector(account, store).read_memory()
    calls = Counter(account.calls)
    assert collector(account, store).read_memory() == first
    assert [gap.functions for gap in first.gaps] == [2]
    assert account.calls == calls


def test_a_region_that_refuses_is_a_gap_while_another_answers():
    account, closed = Account([configured("a")]), Account([], denied=("ListFunctions",))
    one = collector(account, regions=(REGION, "eu-west-1"))
    one._clients._clients["lambda", "eu-west-1"] = closed.clients["lambda"]
    facts = one.list_functions()
    assert [profile.region for profile in facts.profiles] == [REGION]
    assert [(gap.region, gap.source) for gap in facts.gaps] == [("eu-west-1", "lambda:ListFunctions")]


def test_where_every_region_refuses_there_is_nothing_to_report():
    with pytest.raises(NothingListedError, match="allow lambda:ListFunctions to the agent's role"):
        collector(Account([], denied=("ListFunctions",))).list_functions()


def test_an_empty_account_is_no_error():
    facts = collector(Account([])).read_memory()
    assert facts.profiles == ()
    assert facts.gaps == ()


def test_an_old_log_event_tells_that_a_function_changed_today_is_not_new():
    account = Account([young("a")], first_event=WINDOW.start - timedelta(days=40))
    [profile] = collector(account).read_logs().profiles
    assert profile.known_since == WINDOW.start - timedelta(days=40)


def test_a_function_without_a_sign_of_an_earlier_life_counts_as_new():
    [profile] = collector(Account([young("a")], groups=set())).read_logs().profiles
    assert profile.known_since == END


def test_the_first_day_of_use_is_a_sign_of_life():
    [profile] = collector(Account([young("a")], {"a": 3})).read_usage().profiles
    assert profile.known_since == WINDOW.start


def test_a_log_group_that_functions_share_belongs_to_none_of_them():
    shared = {"LoggingConfig": {"LogGroup": "/team/shop"}}
    account = Account([configured("a", **shared), configured("b", **shared)], groups={"/team/shop"})
    facts = collector(account).read_logs()
    assert [profile.log_group for profile in facts.profiles] == [None, None]
    assert [(gap.reason, gap.functions) for gap in facts.gaps] == [("several functions write to the same log group", 2)]


def test_the_dearest_functions_are_sampled_first(monkeypatch):
    monkeypatch.setattr(collecting, "MOST_SAMPLED", 1)
    account = Account([configured("cheap"), configured("dear")], {"cheap": 1, "dear": 10**9})
    facts = collector(account).read_memory()
    assert {profile.name: profile.memory is not None for profile in facts.profiles} == {"cheap": False, "dear": True}
    assert facts.gaps == ()  # what is left out costs less than a saving that is sold


def test_dear_functions_that_are_not_sampled_are_a_gap(monkeypatch):
    monkeypatch.setattr(collecting, "MOST_SAMPLED", 1)
    account = Account([configured("a"), configured("b")], {"a": 10**9, "b": 10**9})
    store = MemoryStore()
    for _ in range(2):
        gaps = collector(account, store).read_memory().gaps
        assert [(gap.reason, gap.functions) for gap in gaps] == [("only the 1 dearest functions are sampled", 1)]


def test_a_cheap_function_is_sampled_when_it_is_asked_for(monkeypatch):
    monkeypatch.setattr(collecting, "MOST_SAMPLED", 1)
    account = Account([configured("cheap"), configured("dear")], {"cheap": 1, "dear": 10**9})
    one = collector(account)
    one.read_memory()
    facts = one.read_memory(["cheap"])
    assert all(profile.memory is not None for profile in facts.profiles)


def test_functions_of_two_regions_may_have_the_same_name():
    account = Account([configured("a")], {"a": 10})
    facts = collector(account, regions=(REGION, "eu-west-1")).read_memory()
    assert [profile.key for profile in facts.profiles] == ["eu-west-1/a", "us-east-1/a"]
    assert all(replace(profile, region=REGION) == facts.profiles[1] for profile in facts.profiles)
