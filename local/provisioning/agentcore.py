"""Amazon Bedrock AgentCore: agent runtimes."""

import uuid
from typing import Any

from local.emulator.account import Account
from local.provisioning.declaration import Created, Declaration, creates, given


@creates("aws:bedrock/agentcoreAgentRuntime:AgentcoreAgentRuntime")
def _agent_runtime(account: Account, declared: Declaration) -> Created:
    lifecycle = declared.get("lifecycleConfigurations")
    answer = account.client("bedrock-agentcore-control").create_agent_runtime(
        **given(
            agentRuntimeName=declared["agentRuntimeName"],
            agentRuntimeArtifact=_artifact(declared["agentRuntimeArtifact"]),
            roleArn=declared["roleArn"],
            networkConfiguration=declared["networkConfiguration"],
            protocolConfiguration=declared.get("protocolConfiguration"),
            lifecycleConfiguration=lifecycle[0] if lifecycle else None,
            platformVersion=declared.get("platformVersion"),
            environmentVariables=declared.get("environmentVariables"),
            description=declared.get("description"),
            tags=declared.get("tags"),
        )
    )
    return Created(
        id=answer["agentRuntimeId"],
        outputs={
            "agentRuntimeArn": answer["agentRuntimeArn"],
            "agentRuntimeId": answer["agentRuntimeId"],
            "agentRuntimeVersion": answer["agentRuntimeVersion"],
            "workloadIdentityDetails": [answer["workloadIdentityDetails"]],
        },
    )


def _artifact(artifact: Any) -> Any:
    if (code := artifact.get("codeConfiguration")) is None:
        return artifact
    return {"codeConfiguration": {"code": code["code"], "runtime": code["runtime"], "entryPoint": code["entryPoints"]}}


@creates("aws:bedrock/agentcoreOnlineEvaluationConfig:AgentcoreOnlineEvaluationConfig")
def _online_evaluation(account: Account, declared: Declaration) -> Created:
    # The emulated account has no evaluations. They score spans after a run, so nothing that runs misses them.
    name = declared["onlineEvaluationConfigName"]
    identity = f"{name}-{uuid.uuid4().hex[:10]}"
    arn = f"arn:aws:bedrock-agentcore:{account.region}:{account.account_id}:online-evaluation-config/{identity}"
    return Created(
        id=identity,
        outputs={"onlineEvaluationConfigId": identity, "onlineEvaluationConfigArn": arn, "status": "ACTIVE"},
    )
