"""The logger, tracer and metrics collector that both handlers share. `POWERTOOLS_*` variables configure them."""

from aws_lambda_powertools import Logger, Metrics, Tracer

from agent.harness.telemetry import NAMESPACE

logger = Logger()
# Without patches of other libraries: they cost a third of the cold start, and botocore passes the trace on too.
tracer = Tracer(auto_patch=False)
metrics = Metrics(namespace=NAMESPACE)
