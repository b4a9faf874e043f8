"""Storms: faults that disturb all runs for some time."""

from dataclasses import dataclass

AGENTCORE, AWS = "agentcore", "aws"


@dataclass(frozen=True, kw_only=True)
class Storm:
    """A fault that disturbs all runs for some time.

    Attributes:
        rules: Rules of the fault proxies.
        seconds: How long the rules are active.
        work_seconds: Duration of the work of the disturbed runs.
        strikes_busy: Whether it starts only when the agents are busy.
        attempts: Minimum number of attempts that a run needs.
    """

    rules: dict
    seconds: float
    work_seconds: float = 2
    strikes_busy: bool = False
    attempts: int = 1


STORMS = {
    "responses of AgentCore are lost after it has accepted": Storm(
        rules={AGENTCORE: [{"operation": "InvokeAgentRuntime", "response": {"abort_bytes": 0}, "times": 3}]},
        seconds=5,
    ),
    "AgentCore throttles, then fails, while DynamoDB and S3 throttle and are slow": Storm(
        rules={
            AGENTCORE: [
                {"operation": "InvokeAgentRuntime", "error": {"code": "ThrottlingException"}, "times": 4},
                {"operation": "InvokeAgentRuntime", "error": {"code": "InternalServerException"}, "times": 2},
            ],
            AWS: [
                {
                    "service": "dynamodb",
                    "error": {"code": "ProvisionedThroughputExceededException"},
                    "probability": 0.3,
                },
                {"service": "s3", "error": {"code": "SlowDown"}, "probability": 0.3},
                {"latency": {"min": 20, "max": 300}},
            ],
        },
        seconds=9,
    ),
    # The heartbeat fails while the agent works: the agent must stop itself, and the next attempt takes over.
    "DynamoDB is unreachable for longer than a lease": Storm(
        rules={AWS: [{"service": "dynamodb", "reset": True}]},
        seconds=7,
        work_seconds=9,
        strikes_busy=True,
        attempts=2,
    ),
}
