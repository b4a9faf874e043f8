"""All checks of a stack, in the order in which their problems have to be solved."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial

from runs.doctor.agent import agent
from runs.doctor.finding import Finding, Level, checked
from runs.doctor.history import runs
from runs.place.place import Place


def examine(place: Place, *, now: datetime) -> Iterator[Finding]:
    """Yield the results of all checks, each as soon as it is known. Without the right account, there is only one.

    Args:
        place: The agent's place.
        now: The present time.
    """
    checks: Sequence[tuple[str, Callable[[Place, datetime], Iterator[Finding]]]] = (
        ("credentials", _credentials),
        ("outputs", _outputs),
        ("runs", runs),
        ("agent", agent),
        ("logs", _log_groups),
        ("spans", _spans),
    )
    for what, check in checks:
        levels = set()
        for finding in checked(what, partial(check, place, now)):
            levels.add(finding.level)
            yield finding
        if what == "credentials" and levels != {Level.OK}:
            return  # no other check could answer


def _credentials(place: Place, _: datetime) -> Iterator[Finding]:
    identity = place.client("sts").get_caller_identity()
    arn = identity["Arn"]
    if identity["Account"] == place.account:
        yield Finding(what="credentials", level=Level.OK, found=f"{arn} in {place.region}")
    else:
        found = f"{arn}, but stack {place.stack.name} is in account {place.account}"
        remedy = "set AWS_PROFILE to a profile of that account, or name another --stack"
        yield Finding(what="credentials", level=Level.FAIL, found=found, remedy=remedy)


def _outputs(place: Place, _: datetime) -> Iterator[Finding]:
    expected = ("agent_runtime_id", "log_group_names", "schedule_group_name")
    missing = [name for name in expected if name not in place.outputs]
    if missing:
        found, remedy = f"without {', '.join(missing)}", "deploy the stack with this version: 'pulumi up'"
        yield Finding(what="outputs", level=Level.WARN, found=found, remedy=remedy)
    else:
        yield Finding(what="outputs", level=Level.OK, found=f"stack {place.stack.name}, agent {place.agent}")


def _log_groups(place: Place, _: datetime) -> Iterator[Finding]:
    groups: Mapping[str, str] = place.output("log_group_names")
    client = place.client("logs")
    missing = [
        group
        for group in groups.values()
        if all(
            one["logGroupName"] != group for one in client.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
        )
    ]
    if missing:
        remedy = "deploy the stack again: 'pulumi up --refresh'"
        yield Finding(what="logs", level=Level.FAIL, found=f"no log group {', '.join(missing)}", remedy=remedy)
    else:
        yield Finding(what="logs", level=Level.OK, found=f"{len(groups)} log groups")


def _spans(place: Place, _: datetime) -> Iterator[Finding]:
    if place.is_local:
        yield Finding(what="spans", level=Level.OK, found="the local stack has none")
        return
    answer = place.client("xray").get_trace_segment_destination()
    destination, status = answer.get("Destination"), answer.get("Status")
    if (destination, status) == ("CloudWatchLogs", "ACTIVE"):
        yield Finding(what="spans", level=Level.OK, found="Transaction Search is on")
    else:
        found = f"Transaction Search is off ({destination}, {status}): spans cannot be searched"
        yield Finding(what="spans", level=Level.WARN, found=found, remedy="bootstrap/README.md, step 6")
