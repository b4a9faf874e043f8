"""Amazon CloudWatch Logs: log groups, metric filters and saved queries."""

import uuid

from local.emulator.account import Account
from local.provisioning.declaration import Created, Declaration, creates, given


@creates("aws:cloudwatch/logGroup:LogGroup")
def _log_group(account: Account, declared: Declaration) -> Created:
    client = account.client("logs")
    name = declared.physical_name()
    client.create_log_group(
        **given(
            logGroupName=name,
            kmsKeyId=declared.get("kmsKeyId"),
            tags=declared.get("tags"),
            logGroupClass=declared.get("logGroupClass"),
        )
    )
    if days := declared.get("retentionInDays"):
        client.put_retention_policy(logGroupName=name, retentionInDays=days)
    arn = f"arn:aws:logs:{account.region}:{account.account_id}:log-group:{name}"
    return Created(id=name, outputs={"name": name, "arn": arn})


@creates("aws:cloudwatch/logMetricFilter:LogMetricFilter")
def _metric_filter(account: Account, declared: Declaration) -> Created:
    name = declared.physical_name()
    transformation = declared["metricTransformation"]
    default = transformation.get("defaultValue")  # a string in the provider, a number in the API
    account.client("logs").put_metric_filter(
        logGroupName=declared["logGroupName"],
        filterName=name,
        filterPattern=declared["pattern"],
        metricTransformations=[
            given(
                metricName=transformation["name"],
                metricNamespace=transformation["namespace"],
                metricValue=transformation["value"],
                defaultValue=None if default is None else float(default),
                dimensions=transformation.get("dimensions"),
                unit=transformation.get("unit"),
            )
        ],
    )
    return Created(id=name, outputs={"name": name})


@creates("aws:cloudwatch/queryDefinition:QueryDefinition")
def _query_definition(account: Account, declared: Declaration) -> Created:  # noqa: ARG001
    # The emulated account stores no saved queries. Only people use them, so nothing that runs misses them.
    identity = str(uuid.uuid4())
    return Created(id=identity, outputs={"queryDefinitionId": identity, "name": declared.physical_name()})
