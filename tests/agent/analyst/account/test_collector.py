import threading
import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from agent.analyst.account.collector import Collector
from agent.analyst.account.discovery import NothingListedError
from agent.analyst.account.logs import sampling
from agent.analyst.account.reading import Reading
from agent.analyst.analysis.profile import Window
from tests.agent.analyst.account.configuration.test_functions import configured
from tests.agent.analyst.account.fakes import FakeClient, FakeClients, NotFoundError, refusal
from tests.agent.analyst.account.logs.test_memory import REPORT, STREAM
from tests.agent.analyst.analysis.profiles import END, HALF_A_MONTH
from tests.agent.analyst.report.stores import MemoryStore

WINDOW = HALF_A_MONTH
REGION = "us-east-1"


class Account:
    """A small account: its functions, their number of runs, and the denied operations."""

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
        self.limit = {"ConcurrentExecutions": 1_000, "UnreservedConcurrentExecutions": 900, "TotalCodeSize": 9_000}
        self.used = {"TotalCodeSize": 1_000, "FunctionCount": 1}
        self.event_sources = []
        self.errors = {}
        self.tagged = []
        self.published = True
        self.totals = {}
        self.clients = {
            "lambda": FakeClient(
                list_functions=self.list_functions,
                list_provisioned_concurrency_configs=self.guard(
                    "ListProvisionedConcurrencyConfigs", self.list_provisioned_concurrency_configs
                ),
                get_function_configuration=self.guard("GetFunctionConfiguration", lambda: {"MemorySize": 128}),
                get_function_concurrency=self.guard("GetFunctionConcurrency", dict),
                get_account_settings=self.guard("GetAccountSettings", self.settings),
                list_event_source_mappings=self.guard(
                    "ListEventSourceMappings", lambda: iter([{"EventSourceMappings": self.event_sources}])
                ),
                list_durable_executions_by_function=self.guard(
                    "ListDurableExecutionsByFunction", lambda: {"DurableExecutions": [{}, {}]}
                ),
                list_capacity_providers=self.guard("ListCapacityProviders", lambda: iter([{"CapacityProviders": []}])),
                list_function_url_configs=self.guard("ListFunctionUrlConfigs", lambda: {"FunctionUrlConfigs": []}),
                list_function_event_invoke_configs=self.guard(
                    "ListFunctionEventInvokeConfigs", lambda: {"FunctionEventInvokeConfigs": []}
                ),
                get_function_recursion_config=self.guard(
                    "GetFunctionRecursionConfig", lambda: {"RecursiveLoop": "Terminate"}
                ),
            ),
            "lambda-web": FakeClient(
                list_web_functions=self.guard("ListWebFunctions", lambda: iter([{"functions": []}]))
            ),
            "lambda-microvms": FakeClient(list_microvms=self.guard("ListMicrovms", lambda: iter([{"items": []}]))),
            "compute-optimizer": FakeClient(
                get_lambda_function_recommendations=self.guard("GetLambdaFunctionRecommendations", lambda: iter([{}]))
            ),
            "cost-optimization-hub": FakeClient(
                list_recommendations=self.guard("ListRecommendations", lambda: iter([{"items": []}]))
            ),
            "ce": FakeClient(get_cost_and_usage=self.guard("GetCostAndUsage", lambda: {"ResultsByTime": []})),
            "savingsplans": FakeClient(
                describe_savings_plans=self.guard("DescribeSavingsPlans", lambda: {"savingsPlans": []})
            ),
            "resourcegroupstaggingapi": FakeClient(
                get_resources=self.guard("GetResources", lambda: iter([{"ResourceTagMappingList": self.tagged}]))
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

    def settings(self):
        return {"AccountLimit": self.limit, "AccountUsage": self.used}

    def list_functions(self, FunctionVersion=None):  # noqa: N803
        if "ListFunctions" in self.denied:
            raise refusal("ListFunctions", self.code)
        versions = [{**function, "Version": "1", "CodeSize": 1_000} for function in self.functions]
        yield {"Functions": [*self.functions, *versions] if FunctionVersion and self.published else self.functions}

    def get_metric_data(self, MetricDataQueries, **_):  # noqa: N803
        if "GetMetricData" in self.denied:
            raise refusal("GetMetricData", self.code)
        results = []
        for query in MetricDataQueries:
            metric = query["MetricStat"]["Metric"]
            names = [dimension["Value"] for dimension in metric["Dimensions"][:1]] or self.invocations
            ran = sum(self.invocations.get(name, 0) for name in names)
            failed = sum(self.errors.get(name, 0) for name in names)
            values = {
                "Invocations": ran,
                "Duration": ran * 100.0,
                "Errors": failed,
                "AsyncEventsReceived": failed // 2,
                "PostRuntimeExtensionsDuration": ran * 5.0,
            }
            value = values.get(metric["MetricName"], 0)
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
                    **({} if metric["Dimensions"] else self.totals),
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


def collector(
    account, store=None, regions=(REGION,), window=WINDOW, reported=None, clock=time.monotonic, group_by_tag=""
):
    return Collector(
        clients=FakeClients(account.clients),
        regions=regions,
        window=window,
        reading=Reading(stop=threading.Event(), seconds=60, monotonic=clock),
        store=store or MemoryStore(),
        report_progress=(reported if reported is not None else []).append,
        group_by_tag=group_by_tag,
    )


def young(name, **changes):
    """Return a function that was changed after the window."""
    return configured(name, LastModified=END.isoformat(), **changes)


def test_a_stage_runs_the_stages_before_it_and_none_runs_twice():
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
def test_a_later_attempt_continues_after_the_saved_stage(stage):
    store = MemoryStore()
    account = Account([configured("a")], {"a": 10})
    getattr(collector(account, store), stage)()
    done = Counter(account.calls)

    reported = []
    facts = collector(account, store, reported=reported).read_memory()

    complete = Account([configured("a")], {"a": 10})
    assert facts == collector(complete).read_memory()
    assert account.calls == complete.calls
    # Once without versions, and once with them.
    assert (done["list_functions"], account.calls["list_functions"]) == (1 if stage == "list_functions" else 2, 2)
    assert reported[0] == "Using what an earlier attempt has read of 1 functions"


def test_an_attempt_after_midnight_keeps_the_window_of_the_first_one():
    store = MemoryStore()
    account = Account([configured("a")], {"a": 10})
    collector(account, store).list_functions()
    next_day = Window(start=WINDOW.start + timedelta(days=1), end=WINDOW.end + timedelta(days=1))
    assert collector(account, store, window=next_day).read_usage().window == WINDOW


def test_saved_facts_of_other_regions_are_not_used():
    store = MemoryStore()
    account = Account([configured("a")])
    collector(account, store).list_functions()
    collector(account, store, regions=("eu-west-1",)).list_functions()
    assert account.calls["list_functions"] == 2


def test_details_are_read_only_for_functions_that_ran():
    account = Account([configured("busy"), *(configured(f"idle-{n}") for n in range(20))], {"busy": 1})
    collector(account).read_usage()
    asked = Counter(
        query["MetricStat"]["Metric"]["MetricName"]
        for name, arguments in account.clients["cloudwatch"].requests
        for query in arguments["MetricDataQueries"]
    )
    assert asked == {
        "Invocations": 21,
        "Duration": 4,
        "ConcurrentExecutions": 1,
        # The total of the region shows that no function was throttled and none failed.
        "Throttles": 1,
        "Errors": 1,
        # Because a function may reserve concurrency.
        "UnreservedConcurrentExecutions": 1,
    }


def test_asynchronous_events_and_extensions_are_read_only_where_they_can_matter():
    layer = {"Layers": [{"Arn": "arn:layer", "CodeSize": 1}]}
    account = Account([configured("a"), configured("b"), configured("c", **layer)], {"a": 10, "b": 10, "c": 10})
    account.errors = {"b": 4}
    facts = collector(account).read_usage()
    assert [profile.usage.async_events for profile in facts.profiles] == [None, 2, None]
    assert [profile.usage.extensions_ms for profile in facts.profiles] == [None, None, 50.0]
    assert facts.gaps == ()


@pytest.mark.parametrize("answer", [{"StatusCode": "InternalError"}, {"Timestamps": [], "Values": []}])
def test_missing_totals_of_a_region_cost_requests_but_no_facts(answer):
    account = Account([configured("a"), configured("b")], {"a": 10})
    complete = collector(account).read_usage()
    account.totals = answer
    without = collector(account).read_usage()
    assert (without.profiles, without.gaps) == (complete.profiles, ())


def test_a_failed_first_look_is_a_gap_and_no_details_are_asked_for():
    account = Account([configured("a")], {"a": 10}, denied=("GetMetricData",))
    facts = collector(account).read_usage()
    assert facts.profiles[0].usage is None
    assert [(gap.source, gap.functions) for gap in facts.gaps] == [("cloudwatch:GetMetricData", 1)]
    assert account.calls["get_metric_data"] == 1


def test_most_facts_need_one_request_for_a_region_and_not_for_each_function():
    account = Account([configured("busy"), *(configured(f"idle-{n}") for n in range(20))], {"busy": 1})
    [busy, *idle] = collector(account).read_logs().profiles
    assert account.clients["lambda"].calls == {
        "list_functions": 2,
        "list_provisioned_concurrency_configs": 21,
        "list_event_source_mappings": 1,
        "get_account_settings": 1,
        "get_function_concurrency": 1,
        "list_function_url_configs": 20,
        "get_function_recursion_config": 1,
    }
    assert {profile.has_versions for profile in (busy, *idle)} == {True}


def test_without_versions_and_reserved_concurrency_no_function_is_asked_for_its_concurrency():
    account = Account([configured("busy"), configured("idle")], {"busy": 1})
    account.published = False
    account.limit = account.limit | {"UnreservedConcurrentExecutions": 1_000}
    [busy, _] = collector(account).read_usage().profiles
    assert (busy.has_versions, busy.provisioned, busy.reserved_concurrency) == (False, (), None)
    assert account.calls["list_provisioned_concurrency_configs"] == account.calls["get_function_concurrency"] == 0


def test_the_advisers_and_the_bill_are_read_once_and_the_bill_only_of_an_account_that_costs_something():
    cheap, expensive = Account([configured("a")], {"a": 10}), Account([configured("a")], {"a": 10**9})
    for account in (cheap, expensive):
        collector(account).read_logs()
        assert account.calls["get_lambda_function_recommendations"] == account.calls["list_recommendations"] == 1
    assert (cheap.calls["get_cost_and_usage"], expensive.calls["get_cost_and_usage"]) == (0, 1)


def test_functions_get_the_owner_that_their_tag_names():
    account = Account([configured("a"), configured("b")])
    arn = account.functions[0]["FunctionArn"]
    account.tagged = [{"ResourceARN": arn, "Tags": [{"Key": "team", "Value": "shop"}]}]
    facts = collector(account, group_by_tag="team").read_usage()
    assert (facts.group_by_tag, [profile.owner for profile in facts.profiles]) == ("team", ["shop", None])


def test_the_look_back_time_is_read_for_functions_without_runs():
    account = Account([configured("a", LastModified="2024-01-01T00:00:00.000+0000")])
    [profile] = collector(account).read_logs().profiles
    assert (profile.usage.invocations, profile.usage.silent_days) == (0, 90)
    account.last_call = END - timedelta(days=50)
    [profile] = collector(account).read_logs().profiles
    assert (profile.usage.invocations, profile.usage.silent_days) == (0, 49)


def test_a_call_before_the_window_shows_that_a_changed_function_is_not_new():
    [profile] = collector(Account([young("a")], last_call=END - timedelta(days=50))).read_logs().profiles
    assert profile.known_since == END - timedelta(days=50)


def test_silent_days_do_not_begin_before_the_function_is_known():
    new = Account([young("a")], first_event=END)
    old = Account([young("a")], first_event=END - timedelta(days=40))
    assert [collector(account).read_logs().profiles[0].usage.silent_days for account in (new, old)] == [0, 40]


def test_provisioned_concurrency_without_a_utilisation_becomes_a_gap():
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
def test_subscription_filters_are_read_only_for_expensive_log_groups(log_bytes, changes, filters):
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
        ("GetFunctionRecursionConfig", "lambda"),
        ("GetFunctionConcurrency", "lambda"),
        ("GetMetricData", "cloudwatch"),
        ("DescribeLogGroups", "logs"),
        ("DescribeSubscriptionFilters", "logs"),
        ("FilterLogEvents", "logs"),
    ],
)
def test_a_refused_operation_becomes_a_gap_and_the_rest_is_read(operation, service):
    provisioned = int(operation == "GetFunctionConfiguration")
    account = Account([configured("a")], {"a": 10}, denied=(operation,), provisioned=provisioned, log_bytes=3 * 1024**3)
    facts = collector(account).read_memory()
    assert [profile.name for profile in facts.profiles] == ["a"]
    assert {(gap.source, gap.functions) for gap in facts.gaps} == {(f"{service}:{operation}", 1)}


@pytest.mark.parametrize(
    "source",
    [
        "lambda:ListEventSourceMappings",
        "lambda:GetAccountSettings",
        "lambda:ListWebFunctions",
        "lambda:ListMicrovms",
        "compute-optimizer:GetLambdaFunctionRecommendations",
        "cost-optimization-hub:ListRecommendations",
        "ce:GetCostAndUsage",
        "savingsplans:DescribeSavingsPlans",
    ],
)
def test_a_refused_request_about_a_region_or_an_account_becomes_one_gap(source):
    account = Account([configured("a")], {"a": 10**9}, denied=(source.split(":")[1],))
    facts = collector(account).read_memory()
    assert facts.profiles[0].usage.invocations == 10**9
    assert [(gap.source, gap.functions) for gap in facts.gaps] == [(source, None)]


@pytest.mark.parametrize("operation", ["ListProvisionedConcurrencyConfigs", "DescribeLogGroups", "FilterLogEvents"])
def test_a_transient_gap_is_read_again_by_the_next_attempt(operation):
    store = MemoryStore()
    account = Account([configured("a")], {"a": 10}, denied=(operation,))
    account.code = "ThrottlingException"
    first = collector(account, store).read_memory()
    assert [gap.reason for gap in first.gaps] == ["ThrottlingException"]

    account.denied = ()
    second = collector(account, store).read_memory()

    assert second == collector(Account([configured("a")], {"a": 10})).read_memory()
    assert second.gaps == ()
    assert account.calls["list_functions"] == (3 if operation == "ListProvisionedConcurrencyConfigs" else 2)


def test_the_next_attempt_reads_what_did_not_fit_into_the_time_budget():
    store, now = MemoryStore(), [0.0]
    account = Account([configured("a")], {"a": 10})
    one = collector(account, store, clock=lambda: now[0])
    one.read_usage()
    now[0] = 61.0
    assert {gap.reason for gap in one.read_memory().gaps} == {"the time budget for reading was used up"}
    assert collector(account, store).read_memory() == collector(Account([configured("a")], {"a": 10})).read_memory()


def test_a_permanent_gap_stays_a_gap_of_later_attempts():
    store = MemoryStore()
    account = Account([configured("a"), configured("b")], {"a": 10}, denied=("ListProvisionedConcurrencyConfigs",))
    first = collector(account, store).read_memory()
    calls = Counter(account.calls)
    assert collector(account, store).read_memory() == first
    assert [gap.functions for gap in first.gaps] == [2]
    assert account.calls == calls


def test_a_refused_region_becomes_a_gap_while_another_is_read():
    account, closed = Account([configured("a")]), Account([], denied=("ListFunctions",))
    one = collector(account, regions=(REGION, "eu-west-1"))
    one._clients._clients["lambda", "eu-west-1"] = closed.clients["lambda"]
    facts = one.list_functions()
    assert [profile.region for profile in facts.profiles] == [REGION]
    assert [(gap.region, gap.source) for gap in facts.gaps] == [("eu-west-1", "lambda:ListFunctions")]


def test_an_error_is_raised_if_no_region_can_be_listed():
    with pytest.raises(NothingListedError, match="give the agent's role permission to call lambda:ListFunctions"):
        collector(Account([], denied=("ListFunctions",))).list_functions()


def test_an_empty_account_is_no_error():
    facts = collector(Account([])).read_memory()
    assert facts.profiles == ()
    assert facts.gaps == ()


def test_an_old_log_event_shows_that_a_changed_function_is_not_new():
    account = Account([young("a")], first_event=WINDOW.start - timedelta(days=40))
    [profile] = collector(account).read_logs().profiles
    assert profile.known_since == WINDOW.start - timedelta(days=40)


def test_a_function_without_earlier_activity_counts_as_new():
    [profile] = collector(Account([young("a")], groups=set())).read_logs().profiles
    assert profile.known_since == END


def test_a_function_is_known_since_its_first_day_of_use():
    [profile] = collector(Account([young("a")], {"a": 3})).read_usage().profiles
    assert profile.known_since == WINDOW.start


def test_a_shared_log_group_is_read_once_and_assigned_to_no_function():
    shared = {"LoggingConfig": {"LogGroup": "/team/shop"}}
    functions = [configured("a", **shared), configured("b", **shared)]
    account = Account(functions, groups={"/team/shop", "/another"}, log_bytes=3_000)
    facts = collector(account).read_logs()
    [group] = facts.shared_logs
    assert (group.group.name, group.group.incoming_bytes, group.functions) == ("/team/shop", 3_000, ("a", "b"))
    assert account.calls["describe_log_groups"] == 1
    assert [profile.log_group for profile in facts.profiles] == [None, None]
    assert [(gap.reason, gap.functions) for gap in facts.gaps] == [("several functions write to the same log group", 2)]


def test_a_log_group_of_another_name_is_not_the_functions_own():
    audit = {"LoggingConfig": {"LogGroup": "/org/cloudtrail/audit"}}
    other = {"LoggingConfig": {"LogGroup": "/aws/lambda/b"}}
    account = Account(
        [configured("a", **audit), configured("b"), configured("c", **other)],
        groups={"/org/cloudtrail/audit", "/aws/lambda/b"},
    )
    facts = collector(account).read_logs()
    assert [profile.log_group for profile in facts.profiles] == [None, None, None]
    assert {(gap.reason, gap.functions) for gap in facts.gaps} == {
        ("the log group is not named after its function", 1),
        ("several functions write to the same log group", 2),
    }
    assert all(gap.effect.endswith("find out who writes to it") for gap in facts.gaps)


def test_the_most_expensive_functions_are_sampled_first(monkeypatch):
    monkeypatch.setattr(sampling, "MAX_SAMPLED", 1)
    account = Account([configured("cheap"), configured("expensive")], {"cheap": 1, "expensive": 10**9})
    facts = collector(account).read_memory()
    assert {profile.name: profile.memory is not None for profile in facts.profiles} == {
        "cheap": False,
        "expensive": True,
    }
    assert facts.gaps == ()  # the function that is left out costs less than an opportunity


def test_expensive_functions_that_are_not_sampled_become_a_gap(monkeypatch):
    monkeypatch.setattr(sampling, "MAX_SAMPLED", 1)
    account = Account([configured("a"), configured("b")], {"a": 10**9, "b": 10**9})
    store = MemoryStore()
    for _ in range(2):
        gaps = collector(account, store).read_memory().gaps
        assert [(gap.reason, gap.functions) for gap in gaps] == [("only the 1 most expensive functions are sampled", 1)]


def test_a_cheap_function_is_sampled_on_request(monkeypatch):
    monkeypatch.setattr(sampling, "MAX_SAMPLED", 1)
    account = Account([configured("cheap"), configured("expensive")], {"cheap": 1, "expensive": 10**9})
    one = collector(account)
    one.read_memory()
    facts = one.read_memory(["cheap"])
    assert all(profile.memory is not None for profile in facts.profiles)


def test_functions_of_two_regions_may_have_the_same_name():
    account = Account([configured("a")], {"a": 10})
    facts = collector(account, regions=(REGION, "eu-west-1")).read_memory()
    assert [profile.key for profile in facts.profiles] == ["eu-west-1/a", "us-east-1/a"]
    assert all(replace(profile, region=REGION) == facts.profiles[1] for profile in facts.profiles)
