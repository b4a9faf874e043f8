"""Start an agent session: fire, and forget."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions import environment, sessions
from functions.observability import logger, metrics, tracer

# Made while the function initialises, not during its first invocation.
_AGENTCORE = sessions.make_client()


@logger.inject_lambda_context(correlation_id_path="session_id", clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
def handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    """Answer `{outcome, error_type, error_message}` for `{session_id, attempt, prompt, deadline_at}`."""
    try:
        request = sessions.StartRequest.parse(event)
        arn = environment.read(os.environ).agent_runtime_arn
    except sessions.InvalidRequestError as error:
        result = sessions.StartResult(outcome="rejected", error_type="InvalidRequest", error_message=str(error))
    except LookupError as error:
        result = sessions.StartResult(outcome="rejected", error_type="Misconfigured", error_message=str(error))
    else:
        logger.append_keys(attempt=request.attempt, execution_arn=request.execution_arn)
        result = sessions.start(_AGENTCORE, arn, request)
    metrics.add_metric(name=f"Starts{result.outcome.capitalize()}", unit=MetricUnit.Count, value=1)
    logger.info("Start of the session: %s", result.outcome, extra={"error": result.error_message})
    return asdict(result)
