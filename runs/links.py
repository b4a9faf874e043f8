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
