"""Evaluation alone, with the mocks of AWS, and in the whole program."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import botocore.session
import pulumi
import pulumi_aws as aws
import pytest
from botocore.validate import validate_parameters

from components.runtime.evaluation import Evaluation, EvaluationArgs
from components.testing.mocks import ACCOUNT, REGION, Mocks
from tests.components import recorded
from tests.components.parts import context
from tests.components.recorded import Recording
from tests.components.runtime.test_agent_runtime import runtime

BUILT_IN = ("Builtin.GoalSuccessRate", "Builtin.ToolSelectionAccuracy")
OWN = "clarity-a1B2c3D4e5"
RUNTIME = "agent_runs_test_agent"
CONFIG = f"arn:aws:bedrock-agentcore:{REGION}:{ACCOUNT}"


def evaluation(evaluators: Sequence[str] = BUILT_IN) -> Evaluation:
    args = EvaluationArgs(context=context(), runtime=runtime(), percentage=12.5, evaluators=evaluators)
    return Evaluation("evaluation", args)


def request(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the request that the provider sends: AWS spells one name differently."""
    source = inputs["dataSourceConfig"]["cloudwatchLogs"]
    return {**inputs, "dataSourceConfig": {"cloudWatchLogs": source}}


def broken_patterns(shape: Any, value: Any) -> list[str]:
    """Return the texts that break a pattern of the service model, which botocore itself does not check."""
    if shape.type_name == "structure":
        return [text for name, part in value.items() for text in broken_patterns(shape.members[name], part)]
    if shape.type_name == "list":
        return [text for part in value for text in broken_patterns(shape.member, part)]
    pattern = shape.metadata.get("pattern")
    return [] if shape.type_name != "string" or not pattern or re.fullmatch(pattern, value) else [value]


@pytest.mark.parametrize("evaluators", [BUILT_IN, [OWN]])
@pulumi.runtime.test
def test_the_configuration_is_a_valid_request(mocks: Mocks, evaluators: Sequence[str]) -> pulumi.Output[None]:
    evaluation(evaluators)

    def check(inputs: Mapping[str, Any]) -> None:
        model = botocore.session.get_session().get_service_model("bedrock-agentcore-control")
        shape = model.operation_model("CreateOnlineEvaluationConfig").input_shape
        validate_parameters(request(inputs), shape)
        assert broken_patterns(shape, request(inputs)) == []
        assert [one["evaluatorId"] for one in inputs["evaluators"]] == list(evaluators)
        assert inputs["rule"] == {"samplingConfig": {"samplingPercentage": 12.5}}
        assert inputs["dataSourceConfig"]["cloudwatchLogs"] == {
            "logGroupNames": [f"/aws/bedrock-agentcore/runtimes/{RUNTIME}-Ab12345678-DEFAULT"],
            "serviceNames": [f"{RUNTIME}.DEFAULT"],
        }

    return mocks.inputs(aws.bedrock.AgentcoreOnlineEvaluationConfig, "evaluation").apply(check)


@pulumi.runtime.test
def test_only_agentcore_of_this_account_may_assume_the_role(mocks: Mocks) -> pulumi.Output[None]:
    evaluation()

    def check(role: Mapping[str, Any]) -> None:
        (statement,) = json.loads(role["assumeRolePolicy"])["Statement"]
        assert statement["Principal"] == {"Service": "bedrock-agentcore.amazonaws.com"}
        assert statement["Condition"] == {
            "StringEquals": {"aws:SourceAccount": ACCOUNT},
            "ArnLike": {"aws:SourceArn": [f"{CONFIG}:evaluator/*", f"{CONFIG}:online-evaluation-config/*"]},
        }

    return mocks.inputs(aws.iam.Role, "evaluation").apply(check)


@pytest.mark.parametrize(("evaluators", "invokes"), [(BUILT_IN, False), ([*BUILT_IN, OWN], True)])
@pulumi.runtime.test
def test_the_role_reads_the_agent_s_spans_and_invokes_models_for_own_evaluators_only(
    mocks: Mocks, evaluators: Sequence[str], invokes: bool
) -> pulumi.Output[None]:
    evaluation(evaluators)

    def check(inputs: Mapping[str, Any]) -> None:
        granted = {action: s["Resource"] for s in json.loads(inputs["policy"])["Statement"] for action in s["Action"]}
        read = {arn.partition("log-group:")[2].removesuffix(":*") for arn in granted["logs:StartQuery"]}
        assert read == {f"/aws/bedrock-agentcore/runtimes/{RUNTIME}-Ab12345678-DEFAULT", "aws/spans"}
        assert granted["logs:PutLogEvents"] == [
            f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/bedrock-agentcore/evaluations/results/"
            "agent_runs_test_evaluation-*"
        ]
        assert ("bedrock:InvokeModel" in granted) is invokes

    return mocks.inputs(aws.iam.RolePolicy, "evaluation").apply(check)


@functools.cache
def evaluated() -> Recording:
    return recorded.run("prod", traceContent=True, evaluators=list(BUILT_IN), evaluationPercentage=10)


def test_the_results_have_the_stack_s_retention_and_its_key() -> None:
    group = evaluated().one("LogGroup", "evaluation")
    config = evaluated().one("AgentcoreOnlineEvaluationConfig")

    assert evaluated().error is None
    assert re.fullmatch(
        rf"/aws/bedrock-agentcore/evaluations/results/{config['onlineEvaluationConfigName']}-\w{{10}}", group["name"]
    )
    assert (group["retentionInDays"], group["kmsKeyId"]) == (
        evaluated().one("LogGroup", "agent")["retentionInDays"],
        evaluated().one("LogGroup", "agent")["kmsKeyId"],
    )
    assert "/aws/bedrock-agentcore/evaluations/results/agent_runs_prod_*" in evaluated().one("Key")["policy"]


def test_the_dashboard_has_a_row_of_scores() -> None:
    widgets = json.loads(evaluated().one("Dashboard")["dashboardBody"])["widgets"]

    assert widgets[-1]["properties"]["title"] == "Scores of the evaluators (mean)"
    assert "agent_runs_prod_evaluation-Ab12345678" in widgets[-1]["properties"]["metrics"][0][0]["expression"]


@pytest.mark.parametrize("stack", recorded.STACKS)
def test_nothing_is_declared_while_it_is_off(stack: str) -> None:
    recording = recorded.of_stack(stack)

    assert recording.of("AgentcoreOnlineEvaluationConfig") == ()
    assert [r.name for r in recording.resources if "evaluation" in r.name] == []
    assert not any("evaluations" in str(dict(r.inputs)) for r in recording.resources)
