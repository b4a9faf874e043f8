import threading
from datetime import UTC, datetime

import pytest

from agent.analyst.account.configuration import functions
from agent.analyst.account.reading import Reading
from agent.analyst.analysis.facts.configuration import DurableConfig
from agent.analyst.analysis.profile import Architecture, PackageType
from tests.agent.analyst.account.fakes import FakeClient, refusal
from tests.agent.analyst.analysis.profiles import HALF_A_MONTH


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
        "Version": "$LATEST",
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


def test_durable_configuration_snap_start_and_sizes_are_read_from_the_listing():
    [plain, rich] = listed(
        [
            configured("plain"),
            configured(
                "rich",
                CodeSize=5_000,
                Layers=[{"Arn": "arn:layer", "CodeSize": 700}],
                SnapStart={"ApplyOn": "PublishedVersions", "OptimizationStatus": "Off"},
                DurableConfig={"ExecutionTimeout": 86_400},
                DeadLetterConfig={"TargetArn": "arn:aws:sqs:us-east-1:123456789012:dead"},
            ),
        ]
    )
    assert (plain.durable, plain.snap_start, plain.has_dead_letter_queue, plain.capacity_provider_arn) == (
        None,
        False,
        False,
        None,
    )
    assert rich.durable == DurableConfig(execution_timeout_seconds=86_400, retention_days=14)
    assert (rich.code_bytes, rich.layers_bytes, rich.snap_start, rich.has_dead_letter_queue) == (
        5_000,
        (700,),
        True,
        True,
    )


def test_functions_of_the_pages_before_a_refused_one_are_kept():
    def pages(**_):
        yield {"Functions": [configured("a")]}
        raise refusal("ListFunctions", "TooManyRequestsException")

    reading = Reading(stop=threading.Event(), seconds=60)
    found = functions.list_functions(FakeClient(list_functions=pages), reading, "us-east-1", HALF_A_MONTH)
    assert [profile.name for profile in found] == ["a"]
    assert [(gap.reason, gap.functions) for gap in reading.gaps] == [("TooManyRequestsException", None)]
