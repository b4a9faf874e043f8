"""AgentRuntime: the agent on Amazon Bedrock AgentCore, deployed as a zip, and what it needs to run there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.bundles.build import AGENT_ENTRY, AGENT_STARTER
from components.context import StackContext
from components.permissions import Grant, ServiceRole, ServiceRoleArgs, only_for, policy

# AgentCore makes this endpoint with the runtime, and points it at the latest version.
_ENDPOINT = "DEFAULT"


@dataclass(frozen=True, kw_only=True)
class AgentRuntimeArgs:
    """What is deployed, and what it may do.

    Attributes:
        context: The stack's place.
        code_bucket: Bucket that the agent's bundle lies in.
        code_key: The bundle's key; it must change when the content does.
        environment: Environment of the agent's process.
        grants: What the agent may do, beyond writing its own logs, traces and metrics.
        idle_timeout_seconds: A session that has been idle for so long is ended.
        max_lifetime_seconds: A session is ended after so long, whatever it does.
        subnet_ids: Subnets of a VPC that sessions reach the network through; none leaves that to AgentCore.
        security_group_ids: What sessions in those subnets may reach; given with `subnet_ids`, and only then.
    """

    context: StackContext
    code_bucket: pulumi.Input[str]
    code_key: pulumi.Input[str]
    environment: Mapping[str, pulumi.Input[str]]
    grants: Sequence[Grant]
    idle_timeout_seconds: int
    max_lifetime_seconds: int
    subnet_ids: Sequence[str] = ()
    security_group_ids: Sequence[str] = ()


class AgentRuntime(pulumi.ComponentResource):
    """The runtime in which each run gets a session, a microVM, of its own.

    Attributes:
        arn: The runtime's ARN.
        runtime_id: The runtime's id.
        log_group_name: Where the agent's log goes. Several streams a session are normal.
    """

    arn: pulumi.Output[str]
    runtime_id: pulumi.Output[str]
    log_group_name: pulumi.Output[str]

    def __init__(self, name: str, args: AgentRuntimeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("agent-runs:index:AgentRuntime", name, None, opts)
        context = args.context
        runtime_name = context.names.runtime("agent")
        role = ServiceRole(
            name,
            ServiceRoleArgs(
                name=context.names.of("agent"),
                description="The agent's own role on AgentCore",
                service="bedrock-agentcore.amazonaws.com",
                # The account's AgentCore as a whole, as AWS documents it: the role is there before the runtime's id.
                trust_conditions=only_for(context.arn("bedrock-agentcore", "*"), context.account_id),
                grants=[*_telemetry(runtime_name, context), *args.grants],
                tags=context.tags,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        runtime = aws.bedrock.AgentcoreAgentRuntime(
            name,
            agent_runtime_name=runtime_name,
            description="Runs the agent, one session for each run",
            role_arn=role.arn,
            agent_runtime_artifact=aws.bedrock.AgentcoreAgentRuntimeAgentRuntimeArtifactArgs(
                code_configuration=aws.bedrock.AgentcoreAgentRuntimeAgentRuntimeArtifactCodeConfigurationArgs(
                    runtime="PYTHON_3_13",
                    entry_points=[AGENT_STARTER, AGENT_ENTRY],
                    code=aws.bedrock.AgentcoreAgentRuntimeAgentRuntimeArtifactCodeConfigurationCodeArgs(
                        s3=aws.bedrock.AgentcoreAgentRuntimeAgentRuntimeArtifactCodeConfigurationCodeS3Args(
                            bucket=args.code_bucket, prefix=args.code_key
                        )
                    ),
                )
            ),
            network_configuration=_network(args),
            protocol_configuration=aws.bedrock.AgentcoreAgentRuntimeProtocolConfigurationArgs(server_protocol="HTTP"),
            lifecycle_configurations=[
                aws.bedrock.AgentcoreAgentRuntimeLifecycleConfigurationArgs(
                    idle_runtime_session_timeout=args.idle_timeout_seconds, max_lifetime=args.max_lifetime_seconds
                )
            ],
            environment_variables=args.environment,
            tags=context.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        # AgentCore would make this group itself and keep its events for ever, so it is made here, before any run.
        # Some have found it made along with the runtime, which would end a deployment with ResourceAlreadyExists
        # (hashicorp/terraform-provider-aws#47629); the README tells the remedy.
        logs = aws.cloudwatch.LogGroup(
            name,
            name=pulumi.Output.concat("/aws/bedrock-agentcore/runtimes/", runtime.agent_runtime_id, f"-{_ENDPOINT}"),
            retention_in_days=context.log_retention_days,
            kms_key_id=context.key_arn,
            tags=context.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        # AWS documents leave to make the group as part of this role, and whether a log is written without it is nowhere
        # told. It comes last: with it from the start, AgentCore could be first.
        aws.iam.RolePolicy(
            f"{name}-log-group",
            name=context.names.of("agent-log-group"),
            role=role.name,
            policy=policy([_make_log_group(logs.arn)]),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn = runtime.agent_runtime_arn
        self.runtime_id = runtime.agent_runtime_id
        self.log_group_name = logs.name
        self.register_outputs({"arn": self.arn, "runtime_id": self.runtime_id, "log_group_name": self.log_group_name})

    def invoke(self) -> Sequence[Grant]:
        """Leave to start a session, or to speak to one."""
        return [self._session_grant("InvokeAgent", "bedrock-agentcore:InvokeAgentRuntime")]

    def stop(self) -> Sequence[Grant]:
        """Leave to stop a session."""
        return [self._session_grant("StopSession", "bedrock-agentcore:StopRuntimeSession")]

    def _session_grant(self, sid: str, action: str) -> Grant:
        # AgentCore asks for leave on both: on the runtime, and on the endpoint through which it is reached.
        endpoint = pulumi.Output.concat(self.arn, "/runtime-endpoint/", _ENDPOINT)
        return Grant(sid=sid, actions=[action], resources=[self.arn, endpoint])


def _network(args: AgentRuntimeArgs) -> aws.bedrock.AgentcoreAgentRuntimeNetworkConfigurationArgs:
    if not args.subnet_ids:
        return aws.bedrock.AgentcoreAgentRuntimeNetworkConfigurationArgs(network_mode="PUBLIC")
    return aws.bedrock.AgentcoreAgentRuntimeNetworkConfigurationArgs(
        network_mode="VPC",
        network_mode_config=aws.bedrock.AgentcoreAgentRuntimeNetworkConfigurationNetworkModeConfigArgs(
            subnets=args.subnet_ids, security_groups=args.security_group_ids
        ),
    )


def _make_log_group(arn: pulumi.Output[str]) -> Grant:
    return Grant(
        sid="MakeLogGroup",
        actions=["logs:CreateLogGroup"],
        resources=[arn, pulumi.Output.concat(arn, ":*")],
        reason="The action is asked for on the group with the place of a log stream behind its name.",
    )


def _telemetry(runtime_name: str, context: StackContext) -> Sequence[Grant]:
    groups = context.arn("logs", f"log-group:/aws/bedrock-agentcore/runtimes/{runtime_name}-*")
    return [
        Grant(
            sid="FindLogStreams",
            actions=["logs:DescribeLogStreams"],
            resources=[groups],
            reason="AgentCore appends an id and the endpoint to the runtime's name.",
        ),
        Grant(
            sid="OwnLogStreams",
            actions=["logs:CreateLogStream", "logs:PutLogEvents"],
            resources=[pulumi.Output.concat(groups, ":log-stream:*")],
            reason="AgentCore names the streams, several for each session.",
        ),
        Grant(
            sid="FindLogGroups",
            actions=["logs:DescribeLogGroups"],
            resources=[context.arn("logs", "log-group:*")],
            reason="The action lists, so it has no narrower resource.",
        ),
        Grant(
            sid="Traces",
            actions=[
                "xray:PutTraceSegments",
                "xray:PutTelemetryRecords",
                "xray:GetSamplingRules",
                "xray:GetSamplingTargets",
            ],
            resources=["*"],
            reason="X-Ray has no resources for these actions.",
        ),
        Grant(
            sid="Metrics",
            actions=["cloudwatch:PutMetricData"],
            resources=["*"],
            conditions={"StringEquals": {"cloudwatch:namespace": "bedrock-agentcore"}},
            reason="The action has no resources; the condition narrows it to one namespace.",
        ),
    ]
