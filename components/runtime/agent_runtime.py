"""AgentRuntime: the agent on Amazon Bedrock AgentCore, deployed as a zip, with its role and its log group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.bundles.recipes import AGENT_ENTRY, AGENT_STARTER
from components.context import StackContext
from components.permissions import Grant, ServiceRole, ServiceRoleArgs, only_for, policy
from components.runtime.adoption import adopt_log_group
from components.runtime.environment import check_size
from components.settings.model import PlatformVersion

# AgentCore creates this endpoint with the runtime; it serves the latest version.
_ENDPOINT = "DEFAULT"


@dataclass(frozen=True, kw_only=True)
class AgentRuntimeArgs:
    """Inputs of the runtime.

    Attributes:
        context: What the stack's resources share: names, tags, encryption key.
        code_bucket: The bucket of the agent's bundle.
        code_key: The bundle's key. It must change with the content.
        environment: Environment variables of the agent's process.
        grants: Permissions in addition to writing its own logs, traces and metrics.
        idle_timeout_seconds: AgentCore ends a session that has been idle for this long.
        max_lifetime_seconds: AgentCore ends every session after this time, even a busy one.
        platform_version: How AgentCore starts a session.
        subnet_ids: Subnets of a VPC for the sessions; without them, sessions use AgentCore's public network.
        security_group_ids: Security groups for the sessions. Set both or neither.
    """

    context: StackContext
    code_bucket: pulumi.Input[str]
    code_key: pulumi.Input[str]
    environment: Mapping[str, pulumi.Input[str]]
    grants: Sequence[Grant]
    idle_timeout_seconds: int
    max_lifetime_seconds: int
    platform_version: PlatformVersion
    subnet_ids: Sequence[str] = ()
    security_group_ids: Sequence[str] = ()


class AgentRuntime(pulumi.ComponentResource):
    """The runtime. Each run has its own session, which is a microVM.

    Attributes:
        arn: The runtime's ARN.
        runtime_id: The runtime's id.
        log_group_name: The log group of the agent. A session normally has several log streams.
        service_name: The agent's name in its spans.
    """

    arn: pulumi.Output[str]
    runtime_id: pulumi.Output[str]
    log_group_name: pulumi.Output[str]
    service_name: str

    def __init__(self, name: str, args: AgentRuntimeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("agent-runs:index:AgentRuntime", name, None, opts)
        context = args.context
        runtime_name = context.names.runtime("agent")
        role = ServiceRole(
            name,
            ServiceRoleArgs(
                name=context.names.of("agent"),
                description="Role of the agent on AgentCore",
                service="bedrock-agentcore.amazonaws.com",
                # AWS documents the pattern for the whole account: the role must exist before the runtime has an id.
                trust_conditions=only_for(context.arn("bedrock-agentcore", "*"), context.account_id),
                grants=[*_telemetry(runtime_name, context), *args.grants],
                permissions_boundary=context.permissions_boundary,
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
            # AWS's default differs between regions and has changed, so the version is always sent.
            platform_version=args.platform_version,
            environment_variables=pulumi.Output.from_input(args.environment).apply(
                lambda variables: check_size(variables, args.platform_version)
            ),
            tags=context.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        # AgentCore would create this group without a retention, so the program creates it before the first run. If
        # AgentCore was first, the program adopts the group: there are reports that it is created with the runtime
        # (hashicorp/terraform-provider-aws#47629), and on V2 the agent starts while the runtime is created.
        logs = aws.cloudwatch.LogGroup(
            name,
            name=pulumi.Output.concat("/aws/bedrock-agentcore/runtimes/", runtime.agent_runtime_id, f"-{_ENDPOINT}"),
            retention_in_days=context.log_retention_days,
            kms_key_id=context.key_arn,
            tags=context.tags,
            opts=pulumi.ResourceOptions(parent=self, transforms=[adopt_log_group(self)]),
        )
        # AWS documents the permission to create the group as part of this role, but not whether AgentCore writes a log
        # without it. The role gets it last; otherwise AgentCore could create the group first.
        aws.iam.RolePolicy(
            f"{name}-log-group",
            name=context.names.of("agent-log-group"),
            role=role.name,
            policy=policy(_own_log_group(logs.arn)),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn = runtime.agent_runtime_arn
        self.runtime_id = runtime.agent_runtime_id
        self.log_group_name = logs.name
        self.service_name = f"{runtime_name}.{_ENDPOINT}"
        self.register_outputs({"arn": self.arn, "runtime_id": self.runtime_id, "log_group_name": self.log_group_name})

    def invoke(self) -> Sequence[Grant]:
        """Return the permission to start a session and to send requests to it."""
        return [self._session_grant("InvokeAgent", "bedrock-agentcore:InvokeAgentRuntime")]

    def stop(self) -> Sequence[Grant]:
        """Return the permission to stop a session."""
        return [self._session_grant("StopSession", "bedrock-agentcore:StopRuntimeSession")]

    def _session_grant(self, sid: str, action: str) -> Grant:
        # AgentCore checks the permission on the runtime and on its endpoint.
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


def _own_log_group(arn: pulumi.Output[str]) -> Sequence[Grant]:
    resources = [arn, pulumi.Output.concat(arn, ":*")]
    reason = "The actions are checked on the group's ARN with the place of a log stream appended."
    return [
        Grant(sid="MakeLogGroup", actions=["logs:CreateLogGroup"], resources=resources, reason=reason),
        # Lets X-Ray write the agent's spans into its group (UNIFIED_TRACES_DESTINATION_ENABLED).
        Grant(sid="ReceiveSpans", actions=["logs:PutResourcePolicy"], resources=resources, reason=reason),
    ]


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
            reason="A list action has no narrower resource.",
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
