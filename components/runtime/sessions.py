"""AgentSessions: the two functions through which the workflow starts and stops sessions of the agent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.context import StackContext
from components.permissions import Grant, ServiceRole, ServiceRoleArgs
from components.runtime.agent_runtime import AgentRuntime

_METRICS_NAMESPACE = "AgentRuns"

# Both hand over and return; AgentCore answers within seconds, or is asked again by the workflow.
_TIMEOUT_SECONDS = 60
_MEMORY_MEGABYTES = 256


@dataclass(frozen=True, kw_only=True)
class AgentSessionsArgs:
    """What the functions are made of.

    Attributes:
        context: The stack's place.
        runtime: The runtime whose sessions are started and stopped.
        code_bucket: Bucket that the functions' bundle lies in.
        code_key: The bundle's key; it must change when the content does.
        log_level: Least severity that they log.
        start_reserved_concurrency: Concurrency reserved for, and granted to, the start function; None reserves none.
    """

    context: StackContext
    runtime: AgentRuntime
    code_bucket: pulumi.Input[str]
    code_key: pulumi.Input[str]
    log_level: str
    start_reserved_concurrency: int | None = None


class AgentSessions(pulumi.ComponentResource):
    """The functions that start and stop sessions, each with a role that can do that one thing.

    Attributes:
        start_function_name: Name of the function that starts a session.
        start_function_arn: Its ARN.
        stop_function_name: Name of the function that stops one.
        stop_function_arn: Its ARN.
    """

    start_function_name: pulumi.Output[str]
    start_function_arn: pulumi.Output[str]
    stop_function_name: pulumi.Output[str]
    stop_function_arn: pulumi.Output[str]

    def __init__(self, name: str, args: AgentSessionsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("agent-runs:index:AgentSessions", name, None, opts)
        self._name = name
        start = self._function("start", args, args.runtime.invoke(), args.start_reserved_concurrency)
        stop = self._function("stop", args, args.runtime.stop(), None)
        self.start_function_name = start.name
        self.start_function_arn = start.arn
        self.stop_function_name = stop.name
        self.stop_function_arn = stop.arn
        self.register_outputs(
            {
                "start_function_name": self.start_function_name,
                "start_function_arn": self.start_function_arn,
                "stop_function_name": self.stop_function_name,
                "stop_function_arn": self.stop_function_arn,
            }
        )

    def invoke(self) -> Sequence[Grant]:
        """Leave to invoke both functions, for the workflow."""
        functions = [self.start_function_arn, self.stop_function_arn]
        return [
            Grant(
                sid="InvokeFunctions",
                actions=["lambda:InvokeFunction"],
                resources=[*functions, *(pulumi.Output.concat(arn, ":*") for arn in functions)],
                reason="Versions and aliases of the two functions, and no other function.",
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
                description=f"The function that can {verb} a session of the agent",
                service="lambda.amazonaws.com",
                # Where Lambda takes on an execution role, AWS documents neither aws:SourceArn nor aws:SourceAccount: a
                # condition on them could keep it out. A function can only be given a role of its own account.
                trust_conditions={},
                grants=[*grants, *_telemetry(logs.arn)],
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
            timeout=_TIMEOUT_SECONDS,
            memory_size=_MEMORY_MEGABYTES,
            reserved_concurrent_executions=reserved_concurrency,
            environment=aws.lambda_.FunctionEnvironmentArgs(
                variables={
                    "AGENT_RUNTIME_ARN": args.runtime.arn,
                    "POWERTOOLS_SERVICE_NAME": name,
                    "POWERTOOLS_METRICS_NAMESPACE": _METRICS_NAMESPACE,
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
            reason="Lambda names the streams of the function's own group.",
        ),
        Grant(
            sid="Traces",
            actions=["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
            resources=["*"],
            reason="X-Ray has no resources for these actions.",
        ),
    ]
