"""The logger, tracer and metrics collector that both handlers share. `POWERTOOLS_*` variables configure them."""

from aws_lambda_powertools import Logger, Metrics, Tracer

from agent.harness.telemetry import NAMESPACE

logger = Logger()
tracer = Tracer()
metrics = Metrics(namespace=NAMESPACE)
