import threading
from datetime import UTC, datetime

import pytest

from agent.analysis.profile import Architecture, PackageType
from agent.tools import functions
from agent.tools.reading import Reading
from tests.agent.analysis.profiles import HALF_A_MONTH, HEALTHY
from tests.agent.tools.fakes import FakeClient, NotFoundError, refusal


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


def listed(*pages):
    client = FakeClient(list_functions=lambda **_: iter([{"Functions": page} for page in pages]))
    return functions.list_functions(client, "us-east-1", HALF_A_MONTH)


def test_functions_are_found_on_every_page():
    profiles = listed([configured("a"), configured("b")], [configured("c")], [])
    assert [profile.name for profile in profiles] == ["a", "b", "c"]


def test_what_aws_leaves_out_has_its_documented_default():
    [profile] = listed([configured("a")])
    assert profile.architecture is Architecture.X86_64
    assert profile.package_type is PackageType.ZIP
    assert profile.ephemeral_storage_mb == 512
    assert profile.log_group_name == "/aws/lambda/a"
    assert profile.last_modified == profile.known_since == datetime(2026, 11, 1, 10, tzinfo=UTC)


def test_an_image_has_no_runtime_and_logs_may_go_elsewhere():
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


def lambda_with(versions, aliases, provisioned):
    def get_provisioned_concurrency_config(FunctionName, Qualifier):  # noqa: N803
        assert FunctionName == HEALTHY.name
        if Qualifier not in provisioned:
            raise NotFoundError("GetProvisionedConcurrencyConfig")
        return {"RequestedProvisionedConcurrentExecutions": provisioned[Qualifier]}

    return FakeClient(
        list_versions_by_function=lambda **_: iter([{"Versions": [{"Version": version} for version in versions]}]),
        list_aliases=lambda **_: iter([{"Aliases": [{"Name": name} for name in aliases]}]),
        get_provisioned_concurrency_config=get_provisioned_concurrency_config,
    )


def test_provisioned_concurrency_is_found_on_aliases_and_versions(reading):
    client = lambda_with(["$LATEST", "1", "2"], ["live", "beta"], {"live": 5, "2": 1})
    provisioned = functions.read_provisioned(client, reading, HEALTHY)
    assert {one.qualifier: one.units for one in provisioned} == {"live": 5, "2": 1}


def test_a_function_without_a_version_is_asked_no_further(reading):
    client = lambda_with(["$LATEST"], [], {})
    assert functions.read_provisioned(client, reading, HEALTHY) == ()
    assert client.calls == {"list_versions_by_function": 1}


def test_only_the_newest_versions_are_asked(reading):
    client = lambda_with(["$LATEST", *map(str, range(1, 301))], [], {"300": 2, "1": 9})
    provisioned = functions.read_provisioned(client, reading, HEALTHY)
    assert {one.qualifier: one.units for one in provisioned} == {"300": 2}
    assert client.calls["get_provisioned_concurrency_config"] == functions.MOST_VERSIONS
    assert [gap.reason for gap in reading.gaps] == [f"only the {functions.MOST_VERSIONS} newest versions are asked"]


def test_a_refusal_leaves_provisioned_and_reserved_concurrency_unknown(reading):
    def refuse(**_):
        raise refusal("ListVersionsByFunction")

    def refuse_limit(**_):
        raise refusal("GetFunctionConcurrency")

    client = FakeClient(list_versions_by_function=refuse, get_function_concurrency=refuse_limit)
    assert functions.read_provisioned(client, reading, HEALTHY) is None
    assert functions.read_reserved(client, reading, HEALTHY) is None
    assert [gap.source for gap in reading.gaps] == ["lambda:GetFunctionConcurrency", "lambda:ListVersionsByFunction"]


def test_a_reserved_limit_is_read(reading):
    client = FakeClient(get_function_concurrency=lambda **_: {"ReservedConcurrentExecutions": 7})
    assert functions.read_reserved(client, reading, HEALTHY) == 7
