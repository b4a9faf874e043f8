"""Fires the deployed schedules when they are due.

They are read back from the emulated account, so what counts is what the program has declared, or somebody has changed
since. The account's own scheduler is switched off: it knows neither time zones nor the details of an event.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from local.emulator.account import Account
from local.errors import LocalStackError
from local.schedules.expressions import next_time

_ENABLED = "ENABLED"


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A schedule with the next time at which it is due.

    Attributes:
        name: The schedule's physical name.
        group: The group's name.
        changed_at: When the schedule was created or changed last.
        next_at: The next time, in UTC; None if it is never due again.
        zone: IANA name of its time zone.
        expression: When it is due.
        target: What it calls, as GetSchedule returns it.
    """

    name: str
    group: str
    changed_at: datetime
    next_at: datetime | None
    zone: str
    expression: str
    target: dict[str, Any]

    def after(self, moment: datetime) -> Planned:
        """Return the schedule with the first time later than a moment."""
        following = next_time(self.expression, self.zone, after=moment, begun_at=self.changed_at)
        return Planned(**{**vars(self), "next_at": following})


class Schedules:
    """The enabled schedules of an account.

    Args:
        account: The account.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._planned: dict[tuple[str, str], Planned] = {}

    def read(self) -> Sequence[Planned]:
        """Return the enabled schedules as they are now. One that has changed is planned anew, from its change on."""
        scheduler = self._account.client("scheduler")
        before, self._planned = self._planned, {}
        for page in scheduler.get_paginator("list_schedules").paginate(State=_ENABLED):
            for listed in page["Schedules"]:
                key, changed_at = (listed["GroupName"], listed["Name"]), listed["LastModificationDate"]
                known = before.get(key)
                is_current = known is not None and known.changed_at == changed_at
                self._planned[key] = known if known is not None and is_current else self._plan(*key)
        return list(self._planned.values())

    def fire_due(self, now: datetime) -> Sequence[Planned]:
        """Fire each schedule that is due, and return those.

        A schedule that was due several times since the last call, as after this machine has slept, fires once.
        """
        due = [planned for planned in self.read() if planned.next_at is not None and planned.next_at <= now]
        for planned in due:
            self._planned[planned.group, planned.name] = planned.after(now)
            call(self._account, planned.target)
        return due

    def _plan(self, group: str, name: str) -> Planned:
        schedule = self._account.client("scheduler").get_schedule(GroupName=group, Name=name)
        changed_at = schedule["LastModificationDate"].astimezone(UTC)
        unplanned = Planned(
            name=name,
            group=group,
            changed_at=changed_at,
            next_at=None,
            zone=schedule.get("ScheduleExpressionTimezone", "UTC"),
            expression=schedule["ScheduleExpression"],
            target=schedule["Target"],
        )
        return unplanned.after(changed_at - timedelta.resolution)


def call(account: Account, target: dict[str, Any]) -> str:
    """Do what a schedule does when it is due, and return the id of the event, or the ARN of the execution.

    Args:
        account: The account.
        target: A bus or a state machine, as GetSchedule returns it.

    Raises:
        LocalStackError: The bus refuses the event.
    """
    event = target.get("EventBridgeParameters")
    if event is None:
        started = account.client("stepfunctions").start_execution(stateMachineArn=target["Arn"], input=target["Input"])
        return str(started["executionArn"])
    entry = {"EventBusName": target["Arn"], "Source": event["Source"], "DetailType": event["DetailType"]}
    answer = account.client("events").put_events(Entries=[entry | {"Detail": target["Input"]}])
    result = answer["Entries"][0]
    if answer["FailedEntryCount"]:
        raise LocalStackError(f"Bus {target['Arn']} refused the event: {result['ErrorMessage']}")
    return str(result["EventId"])
