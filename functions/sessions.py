"""Start and stop sessions of an AgentCore runtime.

A start has an outcome by which the workflow decides what to do next (`StartOutcome`). An error that leaves open whether
the agent accepted is raised: the workflow invokes again, which is safe because each attempt begins only once.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from agent.harness.payload import StartPayload
from agent.harness.telemetry import StartOutcome

if TYPE_CHECKING:
    from mypy_boto3_bedrock_agentcore import BedrockAgentCoreClient

# A new microVM may take 120 s to start the agent. The timeouts of the functions are longer
# (components/runtime/sessions.py).
START_SECONDS = 125
STOP_SECONDS = 45

_THROTTLED = frozenset({"ThrottlingException", "ServiceQuotaExceededException", "RetryableConflictException"})
_REJECTED = frozenset({"ValidationException", "AccessDeniedException", "ResourceNotFoundException"})
# "Received error (400) from runtime. ...": the status of the agent's own response.
_AGENT_STATUS = re.compile(r"\((\d{3})\)")


@dataclass(frozen=True, kw_only=True)
class StartResult:
    """The result of a start.

    Attributes:
        outcome: What the workflow can do next.
        error_type: Error of AgentCore or of the agent; None if accepted.
        error_message: Message of the error.
    """

    outcome: StartOutcome
    error_type: str | None = None
    error_message: str | None = None


def make_client(read_timeout: int) -> BedrockAgentCoreClient:
    """Return a client that never retries: the workflow decides.

    Args:
        read_timeout: How many seconds a call may wait for its response.
    """
    config = Config(connect_timeout=5, read_timeout=read_timeout, retries={"total_max_attempts": 1})
    return boto3.client("bedrock-agentcore", config=config)


def start(agentcore: BedrockAgentCoreClient, runtime_arn: str, payload: StartPayload) -> StartResult:
    """Invoke the agent, which responds as soon as its background thread runs.

    Raises:
        botocore.exceptions.ClientError: The runtime failed; the agent may have accepted.
        botocore.exceptions.BotoCoreError: The response was lost; the agent may have accepted.
    """
    try:
        response = agentcore.invoke_agent_runtime(
            agentRuntimeArn=runtime_arn,
            runtimeSessionId=payload.session_id,
            payload=json.dumps(payload.as_json()).encode(),
            contentType="application/json",
            accept="application/json",
        )
    except ClientError as error:
        return _result_of(error)
    body = response["response"].read().decode(errors="replace")
    if _accepts(body, payload):
        return StartResult(outcome=StartOutcome.ACCEPTED)
    return StartResult(outcome=StartOutcome.REJECTED, error_type="UnexpectedResponse", error_message=body[:500])


def stop(agentcore: BedrockAgentCoreClient, runtime_arn: str, session_id: str) -> Literal["stopped", "absent"]:
    """Stop a session, so that its idle time costs nothing. It is no error if there is no such session.

    Raises:
        botocore.exceptions.ClientError: AgentCore did not stop it.
    """
    try:
        agentcore.stop_runtime_session(agentRuntimeArn=runtime_arn, runtimeSessionId=session_id, qualifier="DEFAULT")
    except agentcore.exceptions.ResourceNotFoundException:
        return "absent"
    return "stopped"


def _result_of(error: ClientError) -> StartResult:
    code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    if code in _THROTTLED:
        return StartResult(outcome=StartOutcome.THROTTLED, error_type=code, error_message=message)
    agent_status = _AGENT_STATUS.search(message) if code == "RuntimeClientError" else None
    if code in _REJECTED or (agent_status and agent_status[1].startswith("4")):
        return StartResult(outcome=StartOutcome.REJECTED, error_type=code, error_message=message)
    raise error


def _accepts(body: str, payload: StartPayload) -> bool:
    try:
        response = json.loads(body)
    except ValueError:
        return False
    expected = {"status": "accepted", "session_id": payload.session_id, "attempt": payload.attempt}
    return bool(response == expected)
