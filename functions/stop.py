"""Stop an agent session that is no longer needed, and write what its run has cost if the run has ended."""

from __future__ import annotations

import os
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from agent.harness.payload import parse_session_id
from agent.harness.telemetry import RUN_COST
from functions import environment, ledger, sessions
from functions.observability import logger, metrics, tracer

# Created while the function initialises, not during its first invocation.
_AGENTCORE = sessions.make_client(sessions.STOP_SECONDS)
_DYNAMODB = ledger.make_client()


@logger.inject_lambda_context(correlation_id_path="session_id", clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
def handler(event: dict[str, Any], _: LambdaContext) -> dict[str, str]:
    """Return `{outcome}` for `{session_id, looks}`; the workflow counts how often it has polled the run."""
    session_id = parse_session_id(event)
    settings = environment.read(os.environ)
    outcome = sessions.stop(_AGENTCORE, settings.agent_runtime_arn, session_id)
    metrics.add_metric(name=f"Sessions{outcome.capitalize()}", unit=MetricUnit.Count, value=1)
    cost = ledger.settle(_DYNAMODB, settings.journal_table, session_id, looks=int(event.get("looks", 0)))
    if cost is not None:
        metrics.add_metric(name=RUN_COST, unit="None", value=float(cost.usd))
    logger.info("Session %s", outcome, extra={"cost_usd": None if cost is None else str(cost.usd)})
    return {"outcome": outcome}
