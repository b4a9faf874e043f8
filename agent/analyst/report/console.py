"""Links into the AWS console."""

from __future__ import annotations

from urllib.parse import quote

# https://docs.aws.amazon.com/general/latest/gr/console-service.html and, for aws-eusc, https://docs.aws.eu. The other
# partitions have no console on the public internet.
_HOSTS = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
    "aws-eusc": "console.amazonaws-eusc.eu",
}


def function_link(arn: str) -> str | None:
    """Return the console's page of a function; None if the function's partition has no public console.

    Args:
        arn: The function's ARN, without a version.
    """
    _, partition, _, region, _, _, name = arn.split(":", 6)
    host = _HOSTS.get(partition)
    if host is None:
        return None
    return f"https://{region}.{host}/lambda/home?region={region}#/functions/{quote(name, safe='')}"
