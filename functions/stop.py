"""Stop an agent session that is no longer needed."""

from __future__ import annotations

import os
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from agent.harness.payload import parse_session_id
from functions import environment, sessions
from functions.observability import logger, metrics, tracer

# Created while the function initialises, not during its first invocation.
_AGENTCORE = sessions.make_client(sessions.STOP_SECONDS)


@logger.inject_lambda_context(correlation_id_path="session_id", clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
def handler(event: dict[str, Any], _: LambdaContext) -> dict[str, str]:
    """Return `{outcome}` for `{session_id}`."""
    session_id = parse_session_id(event)
    arn = environment.read(os.environ).agent_runtime_arn
    outcome = sessions.stop(_AGENTCORE, arn, session_id)
    metrics.add_metric(name=f"Sessions{outcome.capitalize()}", unit=MetricUnit.Count, value=1)
    logger.info("Session %s", outcome)
    return {"outcome": outcome}
