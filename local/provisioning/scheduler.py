"""EventBridge Scheduler."""

from typing import Any

from local.account import Account
from local.provisioning.declaration import Created, Declaration, creates, given, pascal, tag_list


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
            Target=_target(declared["target"]),
            State=declared.get("state"),
            Description=declared.get("description"),
            StartDate=declared.get("startDate"),
            EndDate=declared.get("endDate"),
            KmsKeyArn=declared.get("kmsKeyArn"),
            ActionAfterCompletion=declared.get("actionAfterCompletion"),
        )
    )
    return Created(id=f"{group}/{name}", outputs={"name": name, "groupName": group, "arn": answer["ScheduleArn"]})


def _target(target: Any) -> Any:
    renamed = pascal(target)
    if (parameters := renamed.pop("EventbridgeParameters", None)) is not None:
        renamed["EventBridgeParameters"] = parameters
    return renamed
