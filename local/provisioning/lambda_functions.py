"""AWS Lambda: functions."""

from typing import Any

from local.emulator.account import Account
from local.provisioning.declaration import Created, Declaration, creates, given, pascal


@creates("aws:lambda/function:Function")
def _function(account: Account, declared: Declaration) -> Created:
    client = account.client("lambda")
    name = declared.physical_name()
    answer = client.create_function(
        **given(
            FunctionName=name,
            Role=declared["role"],
            Runtime=declared.get("runtime"),
            Handler=declared.get("handler"),
            Code=_code(declared),
            Description=declared.get("description"),
            Timeout=declared.get("timeout"),
            MemorySize=declared.get("memorySize"),
            Architectures=declared.get("architectures"),
            Environment={"Variables": _variables(declared)},
            TracingConfig=pascal(declared.get("tracingConfig")),
            LoggingConfig=pascal(declared.get("loggingConfig")),
            KMSKeyArn=declared.get("kmsKeyArn"),
            Publish=bool(declared.get("publish")),
            Tags=declared.get("tags"),
        )
    )
    if (concurrency := declared.get("reservedConcurrentExecutions")) is not None and concurrency >= 0:
        client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=concurrency)
    arn = answer["FunctionArn"].removesuffix(f":{answer['Version']}")
    return Created(
        id=name,
        outputs={
            "name": name,
            "arn": arn,
            "version": answer["Version"],
            "qualifiedArn": f"{arn}:{answer['Version']}",
            "lastModified": answer["LastModified"],
        },
    )


def _code(declared: Declaration) -> dict[str, Any]:
    if (archive := declared.get("code")) is not None:
        return {"ZipFile": declared.content(archive)}
    return given(
        S3Bucket=declared["s3Bucket"], S3Key=declared["s3Key"], S3ObjectVersion=declared.get("s3ObjectVersion")
    )


def _variables(declared: Declaration) -> dict[str, str]:
    environment = declared.get("environment") or {}
    return {**(environment.get("variables") or {}), **declared.function_environment}
