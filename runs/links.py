"""Links into the AWS console."""

from __future__ import annotations

from urllib.parse import quote

from runs.place.place import Place


def execution_link(place: Place, execution_arn: str) -> str:
    """Return the console's page of an execution; the ARN where there is no console."""
    if place.is_local:
        return execution_arn
    return (
        f"https://{place.region}.console.aws.amazon.com/states/home?region={place.region}"
        f"#/v2/executions/details/{quote(execution_arn)}"
    )


def log_link(place: Place, session_id: str) -> str | None:
    """Return the console's page of the lines that a run's agent has logged; None where there is no console."""
    group = place.outputs.get("log_group_names", {}).get("agent")
    if place.is_local or group is None:
        return None
    # The console encodes the parts of its addresses twice, with $ in place of %.
    term = quote(quote(f'"{session_id}"', safe=""), safe="")
    query = quote("?filterPattern=", safe="") + term
    path = f"{quote(quote(group, safe=''), safe='')}/log-events{query}".replace("%", "$")
    return (
        f"https://{place.region}.console.aws.amazon.com/cloudwatch/home?region={place.region}"
        f"#logsV2:log-groups/log-group/{path}"
    )
