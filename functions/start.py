"""Start an agent session without waiting for the agent's work."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from agent.harness.payload import InvalidPayloadError, StartPayload
from agent.harness.telemetry import StartOutcome
from functions import environment, sessions
from functions.observability import logger, metrics, tracer

# Created while the function initialises, not during its first invocation.
_AGENTCORE = sessions.make_client(sessions.START_SECONDS)


@logger.inject_lambda_context(correlation_id_path="session_id", clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
def handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    """Return `{outcome, error_type, error_message}` for a start payload with the workflow's `execution_arn`."""
    try:
        payload = StartPayload.parse(event)
        arn = environment.read(os.environ).agent_runtime_arn
    except InvalidPayloadError as error:
        result = _rejected("InvalidRequest", error)
    except LookupError as error:
        result = _rejected("Misconfigured", error)
    else:
        # The ARN is for the log lines only; a session that somebody starts by hand has none.
        logger.append_keys(attempt=payload.attempt, execution_arn=event.get("execution_arn"))
        result = sessions.start(_AGENTCORE, arn, payload)
    metrics.add_metric(name=result.outcome.metric, unit=MetricUnit.Count, value=1)
    logger.info("Start of the session: %s", result.outcome, extra={"error": result.error_message})
    return asdict(result)


def _rejected(error_type: str, error: Exception) -> sessions.StartResult:
    return sessions.StartResult(outcome=StartOutcome.REJECTED, error_type=error_type, error_message=str(error))
