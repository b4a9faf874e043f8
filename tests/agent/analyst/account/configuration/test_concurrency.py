import threading
from dataclasses import replace

import pytest

from agent.analyst.account.configuration import concurrency
from agent.analyst.account.reading import Reading
from agent.analyst.analysis.profile import Architecture
from tests.agent.analyst.account.fakes import FakeClient, refusal
from tests.agent.analyst.analysis.profiles import HEALTHY

VERSIONED = replace(HEALTHY, has_versions=True)


@pytest.fixture
def reading():
    return Reading(stop=threading.Event(), seconds=60)


def lambda_with(provisioned, memory_mb=HEALTHY.memory_mb, architecture="arm64"):
    """Return a client with one page of provisioned concurrency per qualifier. All versions are configured alike."""

    def list_provisioned_concurrency_configs(FunctionName):  # noqa: N803
        assert FunctionName == HEALTHY.name
        for qualifier, units in provisioned.items():
            config = {
                "FunctionArn": f"{HEALTHY.arn}:{qualifier}",
                "RequestedProvisionedConcurrentExecutions": units,
                "AllocatedProvisionedConcurrentExecutions": 0,
            }
            yield {"ProvisionedConcurrencyConfigs": [config]}
        yield {"ProvisionedConcurrencyConfigs": []}

    return FakeClient(
        list_provisioned_concurrency_configs=list_provisioned_concurrency_configs,
        get_function_configuration=lambda **_: {"MemorySize": memory_mb, "Architectures": [architecture]},
    )


def test_provisioned_concurrency_is_found_on_aliases_and_on_any_version(reading):
    client = lambda_with({"live": 5, **{str(version): version for version in range(1, 41)}})
    provisioned = concurrency.read_provisioned(client, reading, VERSIONED)
    assert {one.qualifier: one.units for one in provisioned}.items() >= {"live": 5, "1": 1, "40": 40}.items()
    assert client.calls["list_provisioned_concurrency_configs"] == 1
    assert reading.gaps == ()


def test_a_function_without_provisioned_concurrency_needs_one_request(reading):
    client = lambda_with({})
    assert concurrency.read_provisioned(client, reading, VERSIONED) == ()
    assert client.calls == {"list_provisioned_concurrency_configs": 1}


def test_memory_and_architecture_of_a_version_are_read_where_they_differ(reading):
    [same] = concurrency.read_provisioned(lambda_with({"live": 5}), reading, VERSIONED)
    [other] = concurrency.read_provisioned(lambda_with({"live": 5}, 2_048, "x86_64"), reading, VERSIONED)
    assert (same.memory_mb, same.architecture) == (None, None)
    assert (other.memory_mb, other.architecture) == (2_048, Architecture.X86_64)


def test_a_version_on_an_unknown_processor_becomes_a_gap(reading):
    [one] = concurrency.read_provisioned(lambda_with({"live": 5}, 2_048, "riscv64"), reading, VERSIONED)
    assert (one.units, one.memory_mb, one.architecture) == (5, None, None)
    assert [gap.source for gap in reading.gaps] == ["lambda:GetFunctionConfiguration"]


def test_a_function_without_versions_has_no_provisioned_concurrency_and_needs_no_request(reading):
    assert concurrency.read_provisioned(FakeClient(), reading, replace(VERSIONED, has_versions=False)) == ()


def test_refused_reads_return_none(reading):
    def refusing(operation):
        def refuse(**_):
            raise refusal(operation)

        return refuse

    client = FakeClient(
        list_provisioned_concurrency_configs=refusing("ListProvisionedConcurrencyConfigs"),
        get_function_concurrency=refusing("GetFunctionConcurrency"),
    )
    assert concurrency.read_provisioned(client, reading, VERSIONED) is None
    assert concurrency.read_reserved(client, reading, VERSIONED) is None
    assert [(gap.source, gap.functions) for gap in reading.gaps] == [
        ("lambda:GetFunctionConcurrency", 1),
        ("lambda:ListProvisionedConcurrencyConfigs", 1),
    ]


def test_reserved_concurrency_is_read(reading):
    client = FakeClient(get_function_concurrency=lambda **_: {"ReservedConcurrentExecutions": 7})
    assert concurrency.read_reserved(client, reading, VERSIONED) == 7
