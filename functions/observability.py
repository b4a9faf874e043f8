"""The one logger, tracer and metrics collector of the handlers. Powertools reads their settings from `POWERTOOLS_*`."""

from aws_lambda_powertools import Logger, Metrics, Tracer

logger = Logger()
tracer = Tracer()
metrics = Metrics()
