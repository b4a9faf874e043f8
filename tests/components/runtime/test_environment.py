"""The size of the agent's environment variables."""

from __future__ import annotations

import pytest

from components.runtime.environment import EnvironmentSizeError, check_size
from components.settings.model import PlatformVersion
from tests.components import recorded

V1, V2 = PlatformVersion.V1, PlatformVersion.V2


@pytest.mark.parametrize(("version", "most"), [(V1, 4_096), (V2, 1_536)])
def test_variables_may_have_as_many_bytes_as_agentcore_accepts(version: PlatformVersion, most: int) -> None:
    fitting = {"NAME": "é" * ((most - 4) // 2)}
    assert check_size(fitting, version) == fitting
    with pytest.raises(EnvironmentSizeError, match=f"have {most + 2:,} bytes, and AgentCore accepts {most:,}"):
        check_size({"NAME": fitting["NAME"] + "é"}, version)


def test_the_error_names_the_largest_variables_and_what_to_do() -> None:
    with pytest.raises(EnvironmentSizeError) as raised:
        check_size({"SMALL": "1", "LARGE": "x" * 1_600, "MIDDLE": "x" * 50}, V2)
    assert "LARGE (1,605 bytes), MIDDLE (56 bytes), SMALL (6 bytes)" in str(raised.value)
    assert "or set platformVersion to V1, which accepts 4,096" in str(raised.value)


def test_there_are_at_most_50_variables_of_5000_characters() -> None:
    with pytest.raises(EnvironmentSizeError, match="has 51 environment variables, and AgentCore accepts 50"):
        check_size({f"NAME_{number}": "" for number in range(51)}, V1)
    with pytest.raises(EnvironmentSizeError, match="NAME has 5,001 characters, and AgentCore accepts 5,000"):
        check_size({"NAME": "x" * 5_001}, V1)


def test_a_stack_with_more_variables_than_agentcore_accepts_fails_before_aws_is_asked() -> None:
    model = "eu.example." + "x" * 1_200
    assert recorded.run("dev", platformVersion="V1", modelId=model).error is None
    recording = recorded.run("dev", platformVersion="V2", modelId=model)
    assert "the largest, which are MODEL_ID (1,219 bytes)" in str(recording.error)
    assert recording.of("AgentcoreAgentRuntime") == ()


@pytest.mark.parametrize("stack", recorded.STACKS)
def test_the_variables_of_each_stack_leave_room_on_both_platform_versions(stack: str) -> None:
    variables = recorded.of_stack(stack, agent="analyst").one("AgentcoreAgentRuntime")["environmentVariables"]
    room = {"OWN": "x" * 500}
    for version in PlatformVersion:
        check_size(variables | room, version)
