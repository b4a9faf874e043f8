import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from agent.analyst.account.configuration import functions
from agent.analyst.account.reading import Reading
from agent.analyst.analysis.profile import Architecture, PackageType
from tests.agent.analyst.account.fakes import FakeClient, refusal
from tests.agent.analyst.analysis.profiles import HALF_A_MONTH, HEALTHY


@pytest.fixture
def reading():
    return Reading(stop=threading.Event(), seconds=60)


def configured(name, **changes):
    return {
        "FunctionName": name,
        "FunctionArn": f"arn:aws:lambda:us-east-1:123456789012:function:{name}",
        "Runtime": "python3.13",
        "MemorySize": 128,
        "Timeout": 3,
        "LastModified": "2026-11-01T10:00:00.000+0000",
        **changes,
    }


def listed(*pages, reading=None):
    client = FakeClient(list_functions=lambda **_: iter([{"Functions": page} for page in pages]))
    reading = reading or Reading(stop=threading.Event(), seconds=60)
    return functions.list_functions(client, reading, "us-east-1", HALF_A_MONTH)


def test_functions_are_found_on_every_page():
    profiles = listed([configured("a"), configured("b")], [configured("c")], [])
    assert [profile.name for profile in profiles] == ["a", "b", "c"]


def test_missing_attributes_get_their_documented_default():
    [profile] = listed([configured("a")])
    assert profile.architecture is Architecture.X86_64
    assert profile.package_type is PackageType.ZIP
    assert profile.ephemeral_storage_mb == 512
    assert profile.log_group_name == "/aws/lambda/a"
    assert profile.last_modified == profile.known_since == datetime(2026, 11, 1, 10, tzinfo=UTC)


def test_an_image_has_no_runtime_and_may_have_its_own_log_group():
    image = configured(
        "a",
        Runtime="",
        PackageType="Image",
        Architectures=["arm64"],
        EphemeralStorage={"Size": 2_048},
        Layers=[{"Arn": "arn:layer"}],
        LoggingConfig={"LogFormat": "JSON", "LogGroup": "/team/shop"},
    )
    [profile] = listed([image])
    assert (profile.runtime, profile.package_type) == (None, PackageType.IMAGE)
    assert (profile.architecture, profile.ephemeral_storage_mb) == (Architecture.ARM64, 2_048)
    assert (profile.layers, profile.log_group_name, profile.logs_as_json) == (("arn:layer",), "/team/shop", True)


@pytest.mark.parametrize("added", [{"Architectures": ["riscv64"]}, {"PackageType": "Wasm"}])
def test_functions_of_an_unknown_kind_are_left_out_and_named(reading, added):
    profiles = listed([configured("a"), configured("new", **added), configured("newer", **added)], reading=reading)
    assert [profile.name for profile in profiles] == ["a"]
    [gap] = reading.gaps
    [(_, kind)] = [(key, value if isinstance(value, str) else value[0]) for key, value in added.items()]
    assert f" {kind} is not known: new, newer" in gap.reason
    assert (gap.source, gap.functions) == ("lambda:ListFunctions", 2)


def test_a_gap_names_only_a_few_of_many_functions(reading):
    listed([configured(f"f{n}", PackageType="Wasm") for n in range(1_200)], reading=reading)
    [gap] = reading.gaps
    assert gap.reason == "PackageType Wasm is not known: f0, f1, f2, f3, f4 and 1,195 more"
    assert gap.functions == 1_200


def test_a_function_with_a_capacity_provider_runs_on_managed_instances():
    arn = "arn:aws:lambda:us-east-1:123456789012:capacity-provider:p"
    provider = {"LambdaManagedInstancesCapacityProviderConfig": {"CapacityProviderArn": arn}}
    profiles = listed([configured("a", CapacityProviderConfig=provider), configured("b")])
    assert [profile.managed_instances for profile in profiles] == [True, False]


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
    provisioned = functions.read_provisioned(client, reading, HEALTHY)
    assert {one.qualifier: one.units for one in provisioned}.items() >= {"live": 5, "1": 1, "40": 40}.items()
    assert client.calls["list_provisioned_concurrency_configs"] == 1
    assert reading.gaps == ()


def test_a_function_without_provisioned_concurrency_needs_one_request(reading):
    client = lambda_with({})
    assert functions.read_provisioned(client, reading, HEALTHY) == ()
    assert client.calls == {"list_provisioned_concurrency_configs": 1}


def test_memory_and_architecture_of_a_version_are_read_where_they_differ(reading):
    [same] = functions.read_provisioned(lambda_with({"live": 5}), reading, HEALTHY)
    [other] = functions.read_provisioned(lambda_with({"live": 5}, 2_048, "x86_64"), reading, HEALTHY)
    assert (same.memory_mb, same.architecture) == (None, None)
    assert (other.memory_mb, other.architecture) == (2_048, Architecture.X86_64)


def test_a_version_on_an_unknown_processor_becomes_a_gap(reading):
    [one] = functions.read_provisioned(lambda_with({"live": 5}, 2_048, "riscv64"), reading, HEALTHY)
    assert (one.units, one.memory_mb, one.architecture) == (5, None, None)
    assert [gap.source for gap in reading.gaps] == ["lambda:GetFunctionConfiguration"]


@pytest.mark.parametrize(("versions", "published"), [(["$LATEST"], False), (["$LATEST", "7"], True)])
def test_versions_are_detected_with_one_request(reading, versions, published):
    client = FakeClient(list_versions_by_function=lambda **_: {"Versions": [{"Version": one} for one in versions]})
    assert functions.read_versions(client, reading, HEALTHY) is published
    assert [arguments["MaxItems"] for _, arguments in client.requests] == [2]


def test_a_function_with_provisioned_concurrency_has_versions(reading):
    [provisioned] = functions.read_provisioned(lambda_with({"live": 5}), reading, HEALTHY)
    assert functions.read_versions(FakeClient(), reading, replace(HEALTHY, provisioned=(provisioned,))) is True


def test_refused_reads_return_none(reading):
    def refusing(operation):
        def refuse(**_):
            raise refusal(operation)

        return refuse

    client = FakeClient(
        list_provisioned_concurrency_configs=refusing("ListProvisionedConcurrencyConfigs"),
        list_versions_by_function=refusing("ListVersionsByFunction"),
        get_function_concurrency=refusing("GetFunctionConcurrency"),
    )
    assert functions.read_provisioned(client, reading, HEALTHY) is None
    assert functions.read_versions(client, reading, HEALTHY) is None
    assert functions.read_reserved(client, reading, HEALTHY) is None
    assert [(gap.source, gap.functions) for gap in reading.gaps] == [
        ("lambda:GetFunctionConcurrency", 1),
        ("lambda:ListProvisionedConcurrencyConfigs", 1),
        ("lambda:ListVersionsByFunction", 1),
    ]


def test_reserved_concurrency_is_read(reading):
    client = FakeClient(get_function_concurrency=lambda **_: {"ReservedConcurrentExecutions": 7})
    assert functions.read_reserved(client, reading, HEALTHY) == 7
