"""AgentSessions: the two functions with which the workflow starts and stops sessions of the agent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from agent.harness.telemetry import NAMESPACE
from components.context import StackContext
from components.permissions import Grant, ServiceRole, ServiceRoleArgs
from components.runtime.agent_runtime import AgentRuntime
from components.storage.journal_table import JournalTable

# AgentCore usually responds within seconds, but it may take 120 s to start a microVM. Each function outlasts its client
# (functions/sessions.py), and the workflow's task outlasts the function (components/workflow/definitions/states.py).
TIMEOUT_SECONDS = {"start": 140, "stop": 60}
_MEMORY_MEGABYTES = 256


@dataclass(frozen=True, kw_only=True)
class AgentSessionsArgs:
    """Inputs of the functions.

    Attributes:
        context: What the stack's resources share: names, tags, encryption key.
        runtime: The runtime whose sessions are started and stopped.
        journal: The table of runs. The stop function writes what a run cost.
        code_bucket: The bucket of the functions' bundle.
        code_key: The bundle's key. It must change with the content.
        log_level: Lowest severity that the functions log.
        start_reserved_concurrency: Reserved concurrency of the start function, which is also its limit; None for none.
    """

    context: StackContext
    runtime: AgentRuntime
    journal: JournalTable
    code_bucket: pulumi.Input[str]
    code_key: pulumi.Input[str]
    log_level: str
    start_reserved_concurrency: int | None = None


class AgentSessions(pulumi.ComponentResource):
    """The functions that start and stop sessions, each with the permission to do only that.

    Attributes:
        start_function_name: Name of the function that starts a session.
        start_function_arn: Its ARN.
        stop_function_name: Name of the function that stops a session.
        stop_function_arn: Its ARN.
        log_group_names: The log group of each function, by its verb.
    """

    start_function_name: pulumi.Output[str]
    start_function_arn: pulumi.Output[str]
    stop_function_name: pulumi.Output[str]
    stop_function_arn: pulumi.Output[str]
    log_group_names: Mapping[str, pulumi.Output[str]]

    def __init__(self, name: str, args: AgentSessionsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("agent-runs:index:AgentSessions", name, None, opts)
        self._name = name
        start = self._function("start", args, args.runtime.invoke(), args.start_reserved_concurrency)
        stop = self._function("stop", args, [*args.runtime.stop(), *args.journal.settle()], None)
        self.start_function_name = start.name
        self.start_function_arn = start.arn
        self.stop_function_name = stop.name
        self.stop_function_arn = stop.arn
        self.log_group_names = {"start": start.logging_config.log_group, "stop": stop.logging_config.log_group}
        self.register_outputs(
            {
                "start_function_name": self.start_function_name,
                "start_function_arn": self.start_function_arn,
                "stop_function_name": self.stop_function_name,
                "stop_function_arn": self.stop_function_arn,
            }
        )

    def invoke(self) -> Sequence[Grant]:
        """Return the workflow's permission to invoke both functions."""
        functions = [self.start_function_arn, self.stop_function_arn]
        return [
            Grant(
                sid="InvokeFunctions",
                actions=["lambda:InvokeFunction"],
                resources=[*functions, *(pulumi.Output.concat(arn, ":*") for arn in functions)],
                reason="Versions and aliases of the two functions; no other function matches.",
            )
        ]

    def _function(
        self, verb: str, args: AgentSessionsArgs, grants: Sequence[Grant], reserved_concurrency: int | None
    ) -> aws.lambda_.Function:
        context = args.context
        logical_name, name = f"{self._name}-{verb}", context.names.of(verb)
        logs = aws.cloudwatch.LogGroup(
            logical_name,
            name=f"/aws/lambda/{name}",
            retention_in_days=context.log_retention_days,
            kms_key_id=context.key_arn,
            tags=context.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        role = ServiceRole(
            logical_name,
            ServiceRoleArgs(
                name=name,
                description=f"Role of the function that can {verb} a session of the agent",
                service="lambda.amazonaws.com",
                # For Lambda's execution roles AWS documents neither aws:SourceArn nor aws:SourceAccount, so a condition
                # could lock Lambda out. A function can have only a role of its own account.
                trust_conditions={},
                grants=[*grants, *_telemetry(logs.arn)],
                permissions_boundary=context.permissions_boundary,
                tags=context.tags,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        return aws.lambda_.Function(
            logical_name,
            name=name,
            description=f"Can {verb} a session of the agent",
            runtime="python3.13",
            architectures=["arm64"],
            handler=f"functions.{verb}.handler",
            s3_bucket=args.code_bucket,
            s3_key=args.code_key,
            role=role.arn,
            timeout=TIMEOUT_SECONDS[verb],
            memory_size=_MEMORY_MEGABYTES,
            reserved_concurrent_executions=reserved_concurrency,
            environment=aws.lambda_.FunctionEnvironmentArgs(
                variables={
                    "AGENT_RUNTIME_ARN": args.runtime.arn,
                    "JOURNAL_TABLE": args.journal.name,
                    "POWERTOOLS_SERVICE_NAME": name,
                    "POWERTOOLS_METRICS_NAMESPACE": NAMESPACE,
                    "POWERTOOLS_LOG_LEVEL": args.log_level,
                }
            ),
            # A trace that Lambda does not sample suppresses the agent's own spans.
            tracing_config=aws.lambda_.FunctionTracingConfigArgs(mode="Active"),
            logging_config=aws.lambda_.FunctionLoggingConfigArgs(log_format="JSON", log_group=logs.name),
            tags=context.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )


def _telemetry(log_group_arn: pulumi.Output[str]) -> Sequence[Grant]:
    return [
        Grant(
            sid="OwnLogs",
            actions=["logs:CreateLogStream", "logs:PutLogEvents"],
            resources=[pulumi.Output.concat(log_group_arn, ":*")],
            reason="Lambda chooses the names of the streams in the function's own group.",
        ),
        Grant(
            sid="Traces",
            actions=["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
            resources=["*"],
            reason="X-Ray has no resources for these actions.",
        ),
    ]
