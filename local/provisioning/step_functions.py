"""AWS Step Functions: state machines."""

from typing import Any

from local.emulator.account import Account
from local.provisioning.declaration import Created, Declaration, creates, given


@creates("aws:sfn/stateMachine:StateMachine")
def _state_machine(account: Account, declared: Declaration) -> Created:
    name = declared.physical_name()
    tags = declared.get("tags") or {}
    answer = account.client("stepfunctions").create_state_machine(
        **given(
            name=name,
            definition=declared["definition"],
            roleArn=declared["roleArn"],
            type=declared.get("type"),
            loggingConfiguration=_logging(declared.get("loggingConfiguration")),
            tracingConfiguration=declared.get("tracingConfiguration"),
            encryptionConfiguration=declared.get("encryptionConfiguration"),
            publish=declared.get("publish"),
            tags=[{"key": key, "value": value} for key, value in tags.items()] or None,
        )
    )
    arn = answer["stateMachineArn"]
    return Created(
        id=arn,
        outputs=given(name=name, arn=arn, stateMachineVersionArn=answer.get("stateMachineVersionArn")),
    )


def _logging(configuration: Any) -> dict[str, Any] | None:
    if not configuration:
        return None
    destination = configuration.get("logDestination")
    return given(
        level=configuration.get("level"),
        includeExecutionData=configuration.get("includeExecutionData"),
        destinations=destination and [{"cloudWatchLogsLogGroup": {"logGroupArn": destination}}],
    )
