"""The estates: an analysis of the emulated account must find exactly the known findings."""

import json
import threading
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import boto3
import pytest

from agent.analyst.account.clients import Clients
from agent.analyst.account.collector import Collector
from agent.analyst.account.configuration import concurrency, functions, versions
from agent.analyst.account.reading import Reading
from agent.analyst.analyse import observed
from agent.analyst.analysis import estate as account_estate
from local.emulator.emulator import Emulator
from local.estate import filling
from local.estate.golden import ESTATES, THOUSAND
from local.estate.shapes import Estate, Provisioned, Shape
from tests.agent.analyst.report.stores import MemoryStore

pytestmark = pytest.mark.local

READ_ACTIONS = (
    "ce:GetCostAndUsage",
    "cloudwatch:GetMetricData",
    "compute-optimizer:GetLambdaFunctionRecommendations",
    "cost-optimization-hub:ListRecommendations",
    "lambda:GetAccountSettings",
    "lambda:GetFunctionConcurrency",
    "lambda:GetFunctionConfiguration",
    "lambda:GetFunctionRecursionConfig",
    "lambda:ListCapacityProviders",
    "lambda:ListDurableExecutionsByFunction",
    "lambda:ListEventSourceMappings",
    "lambda:ListFunctionEventInvokeConfigs",
    "lambda:ListFunctionUrlConfigs",
    "lambda:ListFunctions",
    "lambda:ListMicrovms",
    "lambda:ListProvisionedConcurrencyConfigs",
    "lambda:ListWebFunctions",
    "logs:DescribeLogGroups",
    "logs:DescribeLogStreams",
    "logs:DescribeSubscriptionFilters",
    "logs:FilterLogEvents",
    "savingsplans:DescribeSavingsPlans",
)


@pytest.fixture
def account(tmp_path):
    with Emulator(tmp_path) as emulator:
        yield emulator.account


def session(account, denied):
    """Return the root user's session, or that of a user without the denied permissions."""
    if not denied:
        return boto3.Session(account.access_key, account.secret_key, region_name=account.region)
    iam = account.client("iam")
    iam.create_user(UserName="analyst")
    statement = {"Effect": "Allow", "Action": [a for a in READ_ACTIONS if a not in denied], "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName="analyst", PolicyName="read", PolicyDocument=policy)
    key = iam.create_access_key(UserName="analyst")["AccessKey"]
    return boto3.Session(
        aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"], region_name=account.region
    )


def analysed(account, monkeypatch, estate, asked=None, change=lambda _: None):
    now = datetime.now(UTC)
    filling.fill(account.client, estate, now)
    change(now)
    monkeypatch.setenv("AWS_ENDPOINT_URL", account.endpoint)
    own = session(account, estate.denied)
    if asked is not None:
        own.events.register("provide-client-params.cloudwatch.GetMetricData", lambda params, **_: asked.append(params))
    collector = Collector(
        clients=Clients(own),
        regions=(account.region,),
        window=observed(now),
        reading=Reading(stop=threading.Event(), seconds=300),
        store=MemoryStore(),
        report_progress=print,
    )
    return account_estate.assess(collector.read_memory())


@pytest.mark.parametrize("estate", ESTATES.values(), ids=ESTATES)
def test_the_analysis_finds_exactly_the_known_findings_of_an_estate(account, monkeypatch, estate):
    assessment = analysed(account, monkeypatch, estate)

    found = {
        (finding.function, finding.rule): (finding.saving, finding.category.value) for finding in assessment.findings
    }
    assert found == {(known.function, known.rule): (known.saving, known.category) for known in estate.known}
    assert assessment.cost == estate.cost
    assert assessment.saving == estate.saving
    assert {gap.source for gap in assessment.facts.gaps} == {*estate.denied, *estate.lacking}
    assert len(assessment.functions) == len(estate.functions)


@pytest.mark.parametrize(("throttles", "for_throttles"), [(0, 1), (3, 51)])
def test_metrics_are_asked_for_only_where_they_can_differ_from_zero(account, monkeypatch, throttles, for_throttles):
    idle, called = Shape(name="idle", about="", log_bytes_per_day=9), Shape(name="busy", about="", log_bytes_per_day=9)
    called = replace(called, calls_per_day=1_000, duration_ms=((100, 1_000),), throttles_per_day=throttles)
    functions = [replace(idle if n < 30 else called, name=f"f{n}") for n in range(50)]
    asked = []

    analysed(account, monkeypatch, Estate(name="x", functions=tuple(functions), cost=0, saving=0), asked)

    counts = Counter(query["MetricStat"]["Metric"]["MetricName"] for one in asked for query in one["MetricDataQueries"])
    assert counts == {
        "Invocations": 50,
        "Throttles": for_throttles,
        "Errors": 1,
        "Duration": 4 * 20,
        "ConcurrentExecutions": 20,
        "IncomingBytes": 20,
    }


def test_what_functions_share_is_read_and_judged(account, monkeypatch):
    """Two functions write to one log group, and one of them reserves most of the account's concurrency."""
    # The emulator's limit depends on the machine's memory.
    limit = account.client("lambda").get_account_settings()["AccountLimit"]["ConcurrentExecutions"]
    left = limit // 4
    api = Shape(name="api", about="", calls_per_day=10_000, log_bytes_per_day=None)
    estate = Estate(name="x", functions=(api, replace(api, name="worker")), cost=0, saving=0)

    def share(now):
        functions, logs, cloudwatch = (account.client(name) for name in ("lambda", "logs", "cloudwatch"))
        logs.create_log_group(logGroupName="/team/shop")
        for name in ("api", "worker"):
            functions.update_function_configuration(FunctionName=name, LoggingConfig={"LogGroup": "/team/shop"})
        functions.put_function_concurrency(FunctionName="api", ReservedConcurrentExecutions=limit - left)
        yesterday = now - timedelta(days=1)
        dimensions = [{"Name": "LogGroupName", "Value": "/team/shop"}]
        written = {
            "MetricName": "IncomingBytes",
            "Dimensions": dimensions,
            "Timestamp": yesterday,
            "Value": 28 * 1024**3,
        }
        used = {"MetricName": "UnreservedConcurrentExecutions", "Timestamp": yesterday, "Value": left}
        cloudwatch.put_metric_data(Namespace="AWS/Logs", MetricData=[written])
        cloudwatch.put_metric_data(Namespace="AWS/Lambda", MetricData=[used])

    assessment = analysed(account, monkeypatch, estate, change=share)

    # 28 GB in 14 days are 60.833 GB in 365 / 12 days, at 0.50.
    [shared] = assessment.shared
    assert (shared.logs.functions, shared.cost) == (("api", "worker"), Decimal("30.42"))
    [finding] = [one for one in assessment.findings if one.rule == "reserved-concurrency"]
    assert (finding.function, finding.proposal.confidence.value) == ("api", "high")
    assert finding.proposal.title == (
        f"Reserves {limit - left:,} of the account's {limit:,} instances and uses 1 at most"
    )
    assert finding.proposal.evidence["Most of these in use at once"] == f"{left:,}"
    [limits] = assessment.facts.surroundings
    assert limits.code_limit_bytes == 75 * 1024**3


@pytest.mark.parametrize("estate", ESTATES.values(), ids=ESTATES)
def test_the_known_opportunities_of_an_estate_add_up_to_its_saving(estate):
    savings = [known.saving for known in estate.known if known.category == "opportunity"]
    assert sum(savings, Decimal(0)) == estate.saving


def test_provisioned_concurrency_has_the_memory_size_of_its_published_version(account):
    shape = Shape(
        name="moved",
        about="its memory size was changed after its only version",
        memory_mb=2048,
        provisioned=(Provisioned(alias="live", units=3, peak_utilization=0.5),),
    )
    filling.fill(account.client, Estate(name="one", functions=(shape,), cost=0, saving=0), datetime.now(UTC))
    account.client("lambda").update_function_configuration(FunctionName="moved", MemorySize=512)
    client, reading = account.client("lambda"), Reading(stop=threading.Event(), seconds=60)
    listed = functions.list_functions(client, reading, account.region, observed(datetime.now(UTC)))
    [profile] = versions.with_versions(client, reading, account.region, listed)
    [provisioned] = concurrency.read_provisioned(client, reading, profile)
    assert profile.memory_mb == 512
    assert (provisioned.qualifier, provisioned.units, provisioned.memory_mb) == ("live", 3, 2048)


def test_names_are_unique_within_an_estate():
    for estate in ESTATES.values():
        assert len({shape.name for shape in estate.functions}) == len(estate.functions)
    assert len(THOUSAND.functions) == 1_000
