"""The one logger, tracer and metrics collector of the handlers; `POWERTOOLS_*` hold their other settings."""

from aws_lambda_powertools import Logger, Metrics, Tracer

NAMESPACE = "AgentRuns"

logger = Logger()
tracer = Tracer()
metrics = Metrics(namespace=NAMESPACE)
