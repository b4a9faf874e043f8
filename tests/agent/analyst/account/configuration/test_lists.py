"""What is read of all functions of a region with a few requests."""

import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from agent.analyst.account.configuration import durable, event_sources, owners, surroundings, versions
from agent.analyst.account.reading import Reading
from agent.analyst.analysis.facts.account import CapacityProvider, RegionFacts
from agent.analyst.analysis.facts.configuration import DurableConfig, EventSource, Version
from tests.agent.analyst.account.configuration.test_functions import configured
from tests.agent.analyst.account.fakes import FakeClient, FakeClients, refusal
from tests.agent.analyst.analysis.profiles import LONG_AGO, healthy

REGION = "us-east-1"
ARN = "arn:aws:lambda:us-east-1:123456789012:function:{}"
FUNCTIONS = [
    healthy(name=name, arn=ARN.format(name), has_versions=None, versions=None, event_sources=None)
    for name in ("a", "b")
]


@pytest.fixture
def reading():
    return Reading(stop=threading.Event(), seconds=60)


def refusing(operation, code="AccessDeniedException"):
    def refuse(**_):
        raise refusal(operation, code)
        yield

    return refuse


def published(name, version, day, **changes):
    modified = f"2026-10-{day:02}T10:00:00.000+0000"
    return configured(name, Version=version, LastModified=modified, CodeSize=1_000, **changes)


def test_versions_are_read_for_all_functions_at_once_the_oldest_first(reading):
    pages = [
        [configured("a"), published("a", "10", 20, SnapStart={"ApplyOn": "None", "OptimizationStatus": "On"})],
        [published("a", "9", 5, MemorySize=512), configured("b")],
    ]
    client = FakeClient(list_functions=lambda **_: iter([{"Functions": page} for page in pages]))
    [a, b] = versions.with_versions(client, reading, REGION, FUNCTIONS)
    assert a.versions == (
        Version(
            number="9",
            published=datetime(2026, 10, 5, 10, tzinfo=UTC),
            memory_mb=512,
            code_bytes=1_000,
            snap_start=False,
            runtime="python3.13",
        ),
        Version(
            number="10",
            published=datetime(2026, 10, 20, 10, tzinfo=UTC),
            memory_mb=128,
            code_bytes=1_000,
            snap_start=True,
            runtime="python3.13",
        ),
    )
    assert (b.versions, a.has_versions, b.has_versions) == ((), True, False)
    assert client.requests == [("list_functions", {"FunctionVersion": "ALL"})]


def test_after_a_refused_page_only_functions_with_a_version_on_an_earlier_page_are_known(reading):
    def pages(**_):
        yield {"Functions": [published("a", "1", 5)]}
        raise refusal("ListFunctions", "TooManyRequestsException")

    [a, b] = versions.with_versions(FakeClient(list_functions=pages), reading, REGION, FUNCTIONS)
    assert (a.has_versions, b.has_versions, b.versions) == (True, None, None)
    assert [(gap.source, gap.functions) for gap in reading.gaps] == [("lambda:ListFunctions", 1)]


def test_event_sources_are_read_once_for_a_region(reading):
    mappings = [
        {
            "FunctionArn": ARN.format("a"),
            "EventSourceArn": "arn:aws:sqs:us-east-1:123456789012:orders",
            "State": "Enabled",
            "BatchSize": 10,
            "MaximumBatchingWindowInSeconds": 5,
            "ScalingConfig": {"MaximumConcurrency": 2},
            "ProvisionedPollerConfig": {"MinimumPollers": 3},
        },
        {"FunctionArn": ARN.format("a") + ":live", "State": "Disabled"},
    ]
    client = FakeClient(list_event_source_mappings=lambda: iter([{"EventSourceMappings": mappings}]))
    [a, b] = event_sources.with_event_sources(client, reading, REGION, FUNCTIONS)
    assert a.event_sources == (
        EventSource(
            service="sqs",
            arn="arn:aws:sqs:us-east-1:123456789012:orders",
            enabled=True,
            batch_size=10,
            batching_window_seconds=5,
            max_concurrency=2,
            minimum_pollers=3,
        ),
        EventSource(service="self-managed-kafka", arn=None, enabled=False, qualifier="live"),
    )
    assert b.event_sources == ()
    assert client.calls == {"list_event_source_mappings": 1}


def test_refused_event_sources_are_unknown_and_not_absent(reading):
    client = FakeClient(list_event_source_mappings=refusing("ListEventSourceMappings"))
    assert [one.event_sources for one in event_sources.with_event_sources(client, reading, REGION, FUNCTIONS)] == [
        None,
        None,
    ]
    assert [gap.source for gap in reading.gaps] == ["lambda:ListEventSourceMappings"]


def version(number):
    return Version(number=str(number), published=LONG_AGO, memory_mb=128, code_bytes=1, snap_start=False)


DURABLE = replace(
    FUNCTIONS[0],
    durable=DurableConfig(execution_timeout_seconds=86_400, retention_days=14),
    versions=tuple(version(number) for number in range(1, 9)),
)


def test_live_durable_executions_of_the_newest_versions_are_counted(reading):
    client = FakeClient(list_durable_executions_by_function=lambda **_: {"DurableExecutions": [{}, {}]})
    [counted, other] = durable.with_executions(client, reading, [DURABLE, FUNCTIONS[1]])
    assert (counted.durable_executions, other.durable_executions) == (12, None)
    assert [arguments["Qualifier"] for _, arguments in client.requests] == ["$LATEST", "4", "5", "6", "7", "8"]
    assert {tuple(arguments["Statuses"]) for _, arguments in client.requests} == {("RUNNING", "PAUSING", "PAUSED")}


def test_durable_executions_that_cannot_all_be_read_are_unknown(reading):
    def list_executions(Qualifier, **_):  # noqa: N803
        if Qualifier == "8":
            raise refusal("ListDurableExecutionsByFunction")
        return {"DurableExecutions": []}

    client = FakeClient(list_durable_executions_by_function=list_executions)
    assert durable.with_executions(client, reading, [DURABLE])[0].durable_executions is None
    assert [(gap.source, gap.functions) for gap in reading.gaps] == [("lambda:ListDurableExecutionsByFunction", 1)]


def region_with(web_functions, microvms):
    limit = {"ConcurrentExecutions": 1_000, "UnreservedConcurrentExecutions": 900, "TotalCodeSize": 80_530_636_800}
    settings = {"AccountLimit": limit, "AccountUsage": {"TotalCodeSize": 5_000_000, "FunctionCount": 1}}
    return FakeClients(
        {
            "lambda": FakeClient(get_account_settings=lambda: settings),
            "lambda-web": FakeClient(list_web_functions=web_functions),
            "lambda-microvms": FakeClient(list_microvms=microvms),
        }
    )


def test_web_functions_and_microvms_are_counted_and_reported_as_left_out(reading):
    clients = region_with(
        lambda: iter([{"functions": [{}, {}]}, {"functions": [{}]}]),
        lambda: iter([{"items": [{"state": "RUNNING"}, {"state": "SUSPENDED"}, {"state": "TERMINATED"}]}]),
    )
    found = surroundings.read(clients, reading, REGION)
    assert found == RegionFacts(
        region=REGION,
        concurrency_limit=1_000,
        unreserved_concurrency=900,
        code_bytes=5_000_000,
        code_limit_bytes=80_530_636_800,
        web_functions=3,
        microvms=2,
    )
    assert found.has_reserved_concurrency
    assert [gap.effect for gap in reading.gaps] == [
        "the cost of the region's 2 MicroVMs is not included",
        "the cost of the region's 3 web functions is not included",
    ]


def test_a_region_without_web_functions_and_microvms_has_no_gap(reading):
    clients = region_with(lambda: iter([{"functions": []}]), lambda: iter([{"items": []}]))
    assert surroundings.read(clients, reading, REGION).web_functions == 0
    assert reading.gaps == ()


def test_a_region_that_does_not_have_these_services_has_a_gap_for_each(reading):
    clients = region_with(refusing("ListWebFunctions", "UnknownOperationException"), refusing("ListMicrovms"))
    found = surroundings.read(clients, reading, REGION)
    assert (found.web_functions, found.microvms, found.concurrency_limit) == (None, None, 1_000)
    assert [(gap.source, gap.reason) for gap in reading.gaps] == [
        ("lambda:ListMicrovms", "AccessDeniedException"),
        ("lambda:ListWebFunctions", "UnknownOperationException"),
    ]


def test_capacity_providers_are_read_only_for_functions_on_managed_instances(reading):
    provider = {
        "CapacityProviderArn": "arn:pool",
        "InstanceRequirements": {"Architectures": ["arm64"], "AllowedInstanceTypes": ["m8g.xlarge"]},
        "CapacityProviderScalingConfig": {"MaxVCpuCount": 32},
    }
    client = FakeClient(list_capacity_providers=lambda: iter([{"CapacityProviders": [provider]}]))
    assert surroundings.capacity_providers(client, reading, REGION, FUNCTIONS) == ()
    managed = [replace(FUNCTIONS[0], capacity_provider_arn="arn:pool")]
    assert surroundings.capacity_providers(client, reading, REGION, managed) == (
        CapacityProvider(arn="arn:pool", architectures=("arm64",), instance_types=("m8g.xlarge",), max_vcpus=32),
    )
    assert client.calls == {"list_capacity_providers": 1}


def tagging(answer):
    return FakeClients({"resourcegroupstaggingapi": FakeClient(get_resources=answer)})


def test_the_owner_of_all_functions_is_read_in_bulk(reading):
    resource = {
        "ResourceARN": ARN.format("a"),
        "Tags": [{"Key": "stage", "Value": "x"}, {"Key": "team", "Value": "shop"}],
    }
    clients = tagging(lambda **_: iter([{"ResourceTagMappingList": [resource]}]))
    assert [one.owner for one in owners.with_owners(clients, reading, REGION, FUNCTIONS, "team")] == ["shop", None]
    [(_, arguments)] = clients.get("resourcegroupstaggingapi", REGION).requests
    assert arguments == {
        "ResourceTypeFilters": ["lambda:function"],
        "TagFilters": [{"Key": "team"}],
        "ResourcesPerPage": 100,
    }


def test_without_a_tag_to_group_by_no_tag_is_read(reading):
    assert owners.with_owners(FakeClients({}), reading, REGION, FUNCTIONS, "") == FUNCTIONS


def test_refused_tags_are_a_gap(reading):
    found = owners.with_owners(tagging(refusing("GetResources")), reading, REGION, FUNCTIONS, "team")
    assert [one.owner for one in found] == [None, None]
    assert [(gap.source, gap.effect) for gap in reading.gaps] == [
        ("tag:GetResources", "functions whose tag team could not be read are among those without it")
    ]
