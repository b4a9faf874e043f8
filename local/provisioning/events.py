"""Amazon EventBridge: buses, rules and targets; schedule groups and schedules of EventBridge Scheduler."""

from typing import Any

from local.emulator.account import Account
from local.errors import LocalStackError
from local.provisioning.declaration import Created, Declaration, creates, document, given, pascal, tag_list


@creates("aws:cloudwatch/eventBus:EventBus")
def _event_bus(account: Account, declared: Declaration) -> Created:
    name = declared.physical_name()
    answer = account.client("events").create_event_bus(
        **given(
            Name=name,
            Description=declared.get("description"),
            KmsKeyIdentifier=declared.get("kmsKeyIdentifier"),
            DeadLetterConfig=pascal(declared.get("deadLetterConfig")),
            Tags=tag_list(declared),
        )
    )
    return Created(id=name, outputs={"name": name, "arn": answer["EventBusArn"]})


@creates("aws:cloudwatch/eventBusPolicy:EventBusPolicy")
def _event_bus_policy(account: Account, declared: Declaration) -> Created:
    bus = declared["eventBusName"]
    account.client("events").put_permission(EventBusName=bus, Policy=document(declared["policy"]))
    return Created(id=bus)


@creates("aws:cloudwatch/eventRule:EventRule")
def _event_rule(account: Account, declared: Declaration) -> Created:
    name = declared.physical_name()
    answer = account.client("events").put_rule(
        **given(
            Name=name,
            EventBusName=declared.get("eventBusName"),
            EventPattern=declared.get("eventPattern"),
            ScheduleExpression=declared.get("scheduleExpression"),
            State=declared.get("state") or "ENABLED",
            Description=declared.get("description"),
            RoleArn=declared.get("roleArn"),
            Tags=tag_list(declared),
        )
    )
    return Created(id=name, outputs={"name": name, "arn": answer["RuleArn"]})


@creates("aws:cloudwatch/eventTarget:EventTarget")
def _event_target(account: Account, declared: Declaration) -> Created:
    identity = declared.physical_name("targetId")
    answer = account.client("events").put_targets(
        **given(
            Rule=declared["rule"],
            EventBusName=declared.get("eventBusName"),
            Targets=[
                given(
                    Id=identity,
                    Arn=declared["arn"],
                    RoleArn=declared.get("roleArn"),
                    Input=declared.get("input"),
                    InputPath=declared.get("inputPath"),
                    InputTransformer=_transformer(declared.get("inputTransformer")),
                    DeadLetterConfig=pascal(declared.get("deadLetterConfig")),
                    RetryPolicy=pascal(declared.get("retryPolicy")),
                    SqsParameters=pascal(declared.get("sqsTarget")),
                )
            ],
        )
    )
    if answer["FailedEntryCount"]:
        raise LocalStackError(f"EventBridge refused the target: {answer['FailedEntries'][0]['ErrorMessage']}")
    return Created(id=f"{declared['rule']}-{identity}", outputs={"targetId": identity})


def _transformer(transformer: Any) -> dict[str, Any] | None:
    # Not `pascal`: the keys of `inputPaths` are names that the program chose.
    return transformer and given(
        InputPathsMap=transformer.get("inputPaths"), InputTemplate=transformer["inputTemplate"]
    )


@creates("aws:scheduler/scheduleGroup:ScheduleGroup")
def _schedule_group(account: Account, declared: Declaration) -> Created:
    name = declared.physical_name()
    answer = account.client("scheduler").create_schedule_group(**given(Name=name, Tags=tag_list(declared)))
    return Created(id=name, outputs={"name": name, "arn": answer["ScheduleGroupArn"]})


@creates("aws:scheduler/schedule:Schedule")
def _schedule(account: Account, declared: Declaration) -> Created:
    name = declared.physical_name()
    group = declared.get("groupName") or "default"
    answer = account.client("scheduler").create_schedule(
        **given(
            Name=name,
            GroupName=group,
            ScheduleExpression=declared["scheduleExpression"],
            ScheduleExpressionTimezone=declared.get("scheduleExpressionTimezone"),
            FlexibleTimeWindow=pascal(declared["flexibleTimeWindow"]),
            Target=_schedule_target(declared["target"]),
            State=declared.get("state"),
            Description=declared.get("description"),
            StartDate=declared.get("startDate"),
            EndDate=declared.get("endDate"),
            KmsKeyArn=declared.get("kmsKeyArn"),
            ActionAfterCompletion=declared.get("actionAfterCompletion"),
        )
    )
    return Created(id=f"{group}/{name}", outputs={"name": name, "groupName": group, "arn": answer["ScheduleArn"]})


def _schedule_target(target: Any) -> dict[str, Any]:
    renamed = pascal(target)
    # The provider spells this key `eventbridgeParameters`.
    if (parameters := renamed.pop("EventbridgeParameters", None)) is not None:
        renamed["EventBridgeParameters"] = parameters
    return dict(renamed)
