"""How each type of AWS resource that a program declares comes to be in the emulated account.

One module per AWS service; every function marked `@creates("<type token>")` turns the declaration of a resource into
the API calls that create it, and returns what the provider would: its id and its computed outputs. To add a type, add
such a function.
"""

from local.provisioning import (
    agentcore,
    cloudwatch,
    dynamodb,
    events,
    iam,
    kms,
    lambda_functions,
    logs,
    s3,
    scheduler,
    sns,
    sqs,
    step_functions,
)
from local.provisioning.declaration import CREATORS, Created, Declaration

__all__ = [
    "CREATORS",
    "Created",
    "Declaration",
    "agentcore",
    "cloudwatch",
    "dynamodb",
    "events",
    "iam",
    "kms",
    "lambda_functions",
    "logs",
    "s3",
    "scheduler",
    "sns",
    "sqs",
    "step_functions",
]
