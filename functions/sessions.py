"""Start and stop sessions of an AgentCore runtime.

What AgentCore answers is sorted by what the workflow can do about it: `accepted`, `throttled` (wait, then try again),
`rejected` (trying again would not help). Whatever leaves it open whether the agent has accepted is raised: the workflow
invokes again, which is safe because the journal lets each attempt begin only once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_bedrock_agentcore import BedrockAgentCoreClient

# AgentCore may take 30 s to start a microVM; the function's own timeout is 60 s (components/agent_sessions.py).
_CLIENT_CONFIG = Config(connect_timeout=5, read_timeout=45, retries={"total_max_attempts": 1})

_THROTTLED = frozenset({"ThrottlingException", "ServiceQuotaExceededException", "RetryableConflictException"})
_REJECTED = frozenset({"ValidationException", "AccessDeniedException", "ResourceNotFoundException"})
# "Received error (400) from runtime. ...": the status with which the agent itself answered.
_AGENT_STATUS = re.compile(r"\((\d{3})\)")


class InvalidRequestError(ValueError):
    """The event is not one that a session can be started or stopped from; the message says what to send."""


@dataclass(frozen=True, kw_only=True)
class StartRequest:
    """One attempt to start.

    Attributes:
        session_id: The run's key, and the runtime session: 33 to 256 characters.
        attempt: The fencing token.
        prompt: What is asked of the agent.
        deadline_at: Epoch seconds at which the workflow gives the run up.
        execution_arn: The workflow's execution, for the log lines; None when somebody else starts the session.
    """

    session_id: str
    attempt: int
    prompt: str
    deadline_at: float
    execution_arn: str | None = None

    @classmethod
    def parse(cls, event: Any) -> StartRequest:
        """Check a Lambda event.

        Raises:
            InvalidRequestError: With what is wrong and what to send.
        """
        session_id = parse_session_id(event)
        match event:
            # A number that JSON wrote with a fraction may be whole all the same.
            case {
                "attempt": (int() | float()) as attempt,
                "prompt": str(prompt),
                "deadline_at": (int() | float()) as deadline_at,
            } if attempt == int(attempt):
                return cls(
                    session_id=session_id,
                    attempt=int(attempt),
                    prompt=prompt,
                    deadline_at=deadline_at,
                    execution_arn=event.get("execution_arn"),
                )
        raise InvalidRequestError("Send attempt (an integer), prompt (a string) and deadline_at (epoch seconds)")


@dataclass(frozen=True, kw_only=True)
class StartResult:
    """How a start went.

    Attributes:
        outcome: What the workflow should make of it.
        error_type: AgentCore's or the agent's error, unless accepted.
        error_message: Its message.
    """

    outcome: Literal["accepted", "throttled", "rejected"]
    error_type: str | None = None
    error_message: str | None = None


def parse_session_id(event: Any) -> str:
    """Take the session id out of a Lambda event.

    Raises:
        InvalidRequestError: It is missing, or AgentCore would not take it.
    """
    match event:
        case {"session_id": str(session_id)} if 33 <= len(session_id) <= 256:
            return session_id
    raise InvalidRequestError("Send session_id, a string of 33 to 256 characters, such as an event's id")


def make_client() -> BedrockAgentCoreClient:
    """Return a client that never retries: the workflow decides."""
    return boto3.client("bedrock-agentcore", config=_CLIENT_CONFIG)


def start(agentcore: BedrockAgentCoreClient, runtime_arn: str, request: StartRequest) -> StartResult:
    """Invoke the agent, which answers as soon as its background thread runs.

    Raises:
        botocore.exceptions.ClientError: The runtime failed; the agent may have accepted all the same.
        botocore.exceptions.BotoCoreError: The answer did not arrive; the agent may have accepted all the same.
    """
    payload = {
        "session_id": request.session_id,
        "attempt": request.attempt,
        "prompt": request.prompt,
        "deadline_at": request.deadline_at,
    }
    try:
        response = agentcore.invoke_agent_runtime(
            agentRuntimeArn=runtime_arn,
            runtimeSessionId=request.session_id,
            payload=json.dumps(payload).encode(),
            contentType="application/json",
            accept="application/json",
        )
    except ClientError as error:
        return _sort(error)
    answer = response["response"].read().decode(errors="replace")
    if _accepts(answer, request):
        return StartResult(outcome="accepted")
    return StartResult(outcome="rejected", error_type="UnexpectedAnswer", error_message=answer[:500])


def stop(agentcore: BedrockAgentCoreClient, runtime_arn: str, session_id: str) -> Literal["stopped", "absent"]:
    """Stop a session, so that its idle tail costs nothing. Stopping an absent one is no error.

    Raises:
        botocore.exceptions.ClientError: AgentCore did not stop it.
    """
    try:
        agentcore.stop_runtime_session(agentRuntimeArn=runtime_arn, runtimeSessionId=session_id, qualifier="DEFAULT")
    except agentcore.exceptions.ResourceNotFoundException:
        return "absent"
    return "stopped"


def _sort(error: ClientError) -> StartResult:
    code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    if code in _THROTTLED:
        return StartResult(outcome="throttled", error_type=code, error_message=message)
    agent_status = _AGENT_STATUS.search(message) if code == "RuntimeClientError" else None
    if code in _REJECTED or (agent_status and agent_status[1].startswith("4")):
        return StartResult(outcome="rejected", error_type=code, error_message=message)
    raise error


def _accepts(answer: str, request: StartRequest) -> bool:
    try:
        parsed: Mapping[str, Any] = json.loads(answer)
    except ValueError:
        return False
    expected = {"status": "accepted", "session_id": request.session_id, "attempt": request.attempt}
    return parsed == expected
