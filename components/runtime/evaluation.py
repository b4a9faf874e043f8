"""Evaluation: AgentCore scores a sample of the agent's sessions, by their spans, while they happen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.context import StackContext
from components.permissions import Grant, ServiceRole, ServiceRoleArgs, only_for
from components.runtime.adoption import adopt_log_group
from components.runtime.agent_runtime import AgentRuntime

# AgentCore writes the scores into a group that it names itself.
# https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/results-and-output.html
RESULTS = "/aws/bedrock-agentcore/evaluations/results/"
# Evaluators of AWS and its partners bring their own model.
_WITH_MODEL = ("Builtin.", "ThirdParty.")


@dataclass(frozen=True, kw_only=True)
class EvaluationArgs:
    """Inputs of the evaluation.

    Attributes:
        context: What the stack's resources share: names, tags, encryption key.
        runtime: The agent whose sessions are scored.
        percentage: How many of a hundred sessions are scored.
        evaluators: Ids of the evaluators.
    """

    context: StackContext
    runtime: AgentRuntime
    percentage: float
    evaluators: Sequence[str]


class Evaluation(pulumi.ComponentResource):
    """The configuration of AgentCore's online evaluation, its role and the log group of its results.

    Attributes:
        config_id: The configuration's id, which is a dimension of the scores.
    """

    config_id: pulumi.Output[str]

    def __init__(self, name: str, args: EvaluationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("agent-runs:index:Evaluation", name, None, opts)
        context = args.context
        config_name = context.names.runtime("evaluation")
        role = ServiceRole(
            name,
            ServiceRoleArgs(
                name=context.names.of("evaluation"),
                description="Role of AgentCore's evaluation of the agent",
                service="bedrock-agentcore.amazonaws.com",
                trust_conditions=only_for(
                    [
                        context.arn("bedrock-agentcore", f"{kind}/*")
                        for kind in ("evaluator", "online-evaluation-config")
                    ],
                    context.account_id,
                ),
                grants=_grants(args, config_name),
                permissions_boundary=context.permissions_boundary,
                tags=context.tags,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        config = aws.bedrock.AgentcoreOnlineEvaluationConfig(
            name,
            online_evaluation_config_name=config_name,
            description="Scores a sample of the agent's runs",
            enable_on_create=True,
            evaluation_execution_role_arn=role.arn,
            data_source_config=aws.bedrock.AgentcoreOnlineEvaluationConfigDataSourceConfigArgs(
                cloudwatch_logs=aws.bedrock.AgentcoreOnlineEvaluationConfigDataSourceConfigCloudwatchLogsArgs(
                    log_group_names=[args.runtime.log_group_name], service_names=[args.runtime.service_name]
                )
            ),
            evaluators=[
                aws.bedrock.AgentcoreOnlineEvaluationConfigEvaluatorArgs(evaluator_id=evaluator)
                for evaluator in args.evaluators
            ],
            rule=aws.bedrock.AgentcoreOnlineEvaluationConfigRuleArgs(
                sampling_config=aws.bedrock.AgentcoreOnlineEvaluationConfigRuleSamplingConfigArgs(
                    sampling_percentage=args.percentage
                )
            ),
            tags=context.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.config_id = config.online_evaluation_config_id
        aws.cloudwatch.LogGroup(
            name,
            name=pulumi.Output.concat(RESULTS, self.config_id),
            retention_in_days=context.log_retention_days,
            kms_key_id=context.key_arn,
            tags=context.tags,
            opts=pulumi.ResourceOptions(parent=self, transforms=[adopt_log_group(self)]),
        )
        self.register_outputs({"config_id": self.config_id})


def _grants(args: EvaluationArgs, config_name: str) -> Sequence[Grant]:
    """Return the permissions of the role, as AWS documents them, for the agent's spans only.

    https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/evaluations-prerequisites.html
    """
    context = args.context
    names = [context.arn("logs", pulumi.Output.concat("log-group:", args.runtime.log_group_name))]
    # AgentCore writes spans there until the runtime has its own destination.
    names.append(context.arn("logs", "log-group:aws/spans"))
    spans = [*names, *(pulumi.Output.concat(arn, ":*") for arn in names)]
    results = context.arn("logs", f"log-group:{RESULTS}{config_name}-*")
    grants = [
        Grant(
            sid="FindSpans",
            actions=["logs:DescribeLogGroups", "logs:GetQueryResults"],
            resources=["*"],
            reason="The actions have no narrower resource: one lists, the other takes the id of a query.",
        ),
        Grant(
            sid="QuerySpans",
            actions=["logs:StartQuery", "logs:DescribeIndexPolicies", "logs:PutIndexPolicy"],
            resources=spans,
            reason="The actions are checked on a group's ARN with the place of a log stream appended.",
        ),
        Grant(
            sid="KeepScores",
            actions=["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
            resources=[results],
            reason="AgentCore appends an id to the configuration's name, and names the streams.",
        ),
    ]
    if all(evaluator.startswith(_WITH_MODEL) for evaluator in args.evaluators):
        return grants
    return [
        *grants,
        Grant(
            sid="InvokeJudges",
            actions=["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"],
            resources=[
                pulumi.Output.concat("arn:", context.partition, ":bedrock:*::foundation-model/*"),
                pulumi.Output.concat(
                    "arn:", context.partition, ":bedrock:*:", context.account_id, ":inference-profile/*"
                ),
            ],
            reason="Each of the account's own evaluators names its model; the program does not know which.",
        ),
    ]
