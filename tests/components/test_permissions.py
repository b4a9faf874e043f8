from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pulumi
import pytest

from components.context import StackContext
from components.naming import Names
from components.permissions import Grant, UnreasonedWildcardError, only_for, policy, trust
from components.runtime.model_access import invoke_model


async def _value(output: pulumi.Output[str]) -> str:
    value = await output.future()
    assert value is not None
    return value


def statements(*grants: Grant) -> list[dict[str, Any]]:
    async def build() -> str:
        return await _value(policy(grants))

    found: list[dict[str, Any]] = json.loads(asyncio.run(build()))["Statement"]
    return found


def test_a_grant_becomes_one_statement_of_the_policy() -> None:
    grant = Grant(
        sid="KeepJournal",
        actions=["dynamodb:GetItem"],
        resources=["arn:aws:dynamodb:eu-west-1:1:table/t"],
        conditions={"StringEquals": {"aws:PrincipalTag/a": "b"}},
    )

    assert statements(grant) == [
        {
            "Sid": "KeepJournal",
            "Effect": "Allow",
            "Action": ["dynamodb:GetItem"],
            "Resource": ["arn:aws:dynamodb:eu-west-1:1:table/t"],
            "Condition": {"StringEquals": {"aws:PrincipalTag/a": "b"}},
        }
    ]


@pytest.mark.parametrize(("action", "resource"), [("s3:*", "arn:aws:s3:::b"), ("s3:GetObject", "arn:aws:s3:::b/*")])
def test_a_wildcard_without_a_reason_is_refused(action: str, resource: str) -> None:
    with pytest.raises(UnreasonedWildcardError, match="Grant Open has the wildcard"):
        statements(Grant(sid="Open", actions=[action], resources=[resource]))


def test_a_wildcard_with_a_reason_is_granted() -> None:
    grant = Grant(sid="List", actions=["lambda:ListFunctions"], resources=["*"], reason="It lists.")

    assert statements(grant)[0]["Resource"] == ["*"]


def test_a_service_assumes_a_role_only_for_the_role_s_account_and_resource() -> None:
    async def build() -> str:
        return await _value(trust("states.amazonaws.com", conditions=only_for("arn:machine", "123456789012")))

    (statement,) = json.loads(asyncio.run(build()))["Statement"]

    assert statement == {
        "Effect": "Allow",
        "Principal": {"Service": "states.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {
            "StringEquals": {"aws:SourceAccount": "123456789012"},
            "ArnLike": {"aws:SourceArn": "arn:machine"},
        },
    }


def model_statements(model_id: str, base_model_id: str | None = None) -> list[dict[str, Any]]:
    async def build() -> str:
        context = StackContext(
            names=Names(project="agent-runs", stack="dev"),
            account_id=pulumi.Output.from_input("123456789012"),
            region=pulumi.Output.from_input("eu-west-1"),
            partition=pulumi.Output.from_input("aws"),
            tags={},
            log_retention_days=1,
            protect=False,
        )
        return await _value(policy(invoke_model(model_id, base_model_id, context)))

    statements: list[dict[str, Any]] = json.loads(asyncio.run(build()))["Statement"]
    return statements


def model_resources(model_id: str, base_model_id: str | None = None) -> dict[str, Sequence[str]]:
    return {statement["Sid"]: statement["Resource"] for statement in model_statements(model_id, base_model_id)}


def test_a_base_model_is_granted_in_its_own_region_only() -> None:
    assert model_resources("anthropic.claude-3-haiku-20240307-v1:0") == {
        "InvokeModel": ["arn:aws:bedrock:eu-west-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0"]
    }


def test_an_inference_profile_is_granted_with_its_model_in_all_regions_of_the_profile() -> None:
    assert model_resources("eu.anthropic.claude-haiku-4-5-20251001-v1:0") == {
        "InvokeInferenceProfile": [
            "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-haiku-4-5-20251001-v1:0"
        ],
        "InvokeModelThroughProfile": [
            "arn:aws:bedrock:eu-*::foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0"
        ],
    }


def test_the_global_profile_is_granted_its_model_without_a_region_too() -> None:
    assert model_resources("global.anthropic.claude-sonnet-4-5-20250929-v1:0")["InvokeModelThroughProfile"] == [
        "arn:aws:bedrock:*::foundation-model/anthropic.claude-sonnet-4-5-20250929-v1:0",
        "arn:aws:bedrock:::foundation-model/anthropic.claude-sonnet-4-5-20250929-v1:0",
    ]


HAIKU = "anthropic.claude-haiku-4-5-20251001-v1:0"
OWNED = "arn:aws:bedrock:eu-west-1:123456789012:"


def test_the_arn_of_a_system_profile_is_granted_what_its_id_is_granted() -> None:
    assert model_statements(f"{OWNED}inference-profile/eu.{HAIKU}") == model_statements(f"eu.{HAIKU}")


def test_the_arn_of_a_base_model_is_granted_itself() -> None:
    arn = f"arn:aws:bedrock:eu-west-1::foundation-model/{HAIKU}"

    assert model_resources(arn) == {"InvokeModel": [arn]}


@pytest.mark.parametrize(
    ("base", "models"),
    [
        (f"eu.{HAIKU}", [f"arn:aws:bedrock:eu-*::foundation-model/{HAIKU}"]),
        (f"{OWNED}inference-profile/eu.{HAIKU}", [f"arn:aws:bedrock:eu-*::foundation-model/{HAIKU}"]),
        (HAIKU, [f"arn:aws:bedrock:eu-west-1::foundation-model/{HAIKU}"]),
        (
            f"global.{HAIKU}",
            [f"arn:aws:bedrock:*::foundation-model/{HAIKU}", f"arn:aws:bedrock:::foundation-model/{HAIKU}"],
        ),
    ],
)
def test_an_application_profile_is_granted_with_the_models_behind_it_and_these_only_through_it(
    base: str, models: list[str]
) -> None:
    profile = f"{OWNED}application-inference-profile/abcdef012345"

    invoke, through = model_statements(profile, base)

    assert invoke["Resource"] == [profile]
    assert through["Resource"] == models
    assert through["Condition"] == {"StringEquals": {"bedrock:InferenceProfileArn": profile}}


@pytest.mark.parametrize("kind", ["provisioned-model", "imported-model", "custom-model-deployment"])
def test_a_model_of_the_account_s_own_is_granted_alone(kind: str) -> None:
    assert model_resources(f"{OWNED}{kind}/abcdef012345", HAIKU) == {"InvokeModel": [f"{OWNED}{kind}/abcdef012345"]}
