"""Lambda."""

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
            DeadLetterConfig=pascal(declared.get("deadLetterConfig")),
            EphemeralStorage=pascal(declared.get("ephemeralStorage")),
            Layers=declared.get("layers"),
            KMSKeyArn=declared.get("kmsKeyArn"),
            Publish=bool(declared.get("publish")),
            Tags=declared.get("tags"),
        )
    )
    if (concurrency := declared.get("reservedConcurrentExecutions")) is not None and concurrency >= 0:
        client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=concurrency)
    arn = answer["FunctionArn"].removesuffix(f":{answer['Version']}")
    invocations = f"arn:aws:apigateway:{account.region}:lambda:path/2015-03-31/functions/{arn}/invocations"
    return Created(
        id=name,
        outputs={
            "name": name,
            "arn": arn,
            "version": answer["Version"],
            "qualifiedArn": f"{arn}:{answer['Version']}",
            "invokeArn": invocations,
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


@creates("aws:lambda/alias:Alias")
def _alias(account: Account, declared: Declaration) -> Created:
    answer = account.client("lambda").create_alias(
        **given(
            FunctionName=declared["functionName"],
            Name=declared.physical_name(),
            FunctionVersion=declared["functionVersion"],
            Description=declared.get("description"),
        )
    )
    return Created(id=answer["AliasArn"], outputs={"arn": answer["AliasArn"], "name": answer["Name"]})


@creates("aws:lambda/permission:Permission")
def _permission(account: Account, declared: Declaration) -> Created:
    statement = declared.physical_name("statementId")
    account.client("lambda").add_permission(
        **given(
            FunctionName=declared["function"],
            StatementId=statement,
            Action=declared["action"],
            Principal=declared["principal"],
            SourceArn=declared.get("sourceArn"),
            SourceAccount=declared.get("sourceAccount"),
            Qualifier=declared.get("qualifier"),
        )
    )
    return Created(id=statement, outputs={"statementId": statement})


@creates("aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig")
def _event_invoke_config(account: Account, declared: Declaration) -> Created:
    account.client("lambda").put_function_event_invoke_config(
        **given(
            FunctionName=declared["functionName"],
            Qualifier=declared.get("qualifier"),
            MaximumEventAgeInSeconds=declared.get("maximumEventAgeInSeconds"),
            MaximumRetryAttempts=declared.get("maximumRetryAttempts"),
            DestinationConfig=pascal(declared.get("destinationConfig")),
        )
    )
    return Created(id=declared["functionName"])
