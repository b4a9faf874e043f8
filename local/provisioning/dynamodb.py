"""Amazon DynamoDB: tables."""

from typing import Any

from local.emulator.account import Account
from local.provisioning.declaration import Created, Declaration, creates, given, tag_list


@creates("aws:dynamodb/table:Table")
def _table(account: Account, declared: Declaration) -> Created:
    client = account.client("dynamodb")
    name = declared.physical_name()
    encryption = declared.get("serverSideEncryption")
    answer = client.create_table(
        **given(
            TableName=name,
            KeySchema=_key_schema(declared.properties),
            AttributeDefinitions=[
                {"AttributeName": attribute["name"], "AttributeType": attribute["type"]}
                for attribute in declared["attributes"]
            ],
            BillingMode=declared["billingMode"],
            GlobalSecondaryIndexes=[_index(index) for index in declared.get("globalSecondaryIndexes") or []] or None,
            SSESpecification=encryption
            and given(Enabled=encryption["enabled"], SSEType="KMS", KMSMasterKeyId=encryption.get("kmsKeyArn")),
            DeletionProtectionEnabled=declared.get("deletionProtectionEnabled"),
            Tags=tag_list(declared),
        )
    )["TableDescription"]
    if time_to_live := declared.get("ttl"):
        client.update_time_to_live(
            TableName=name,
            TimeToLiveSpecification={
                "AttributeName": time_to_live["attributeName"],
                "Enabled": time_to_live.get("enabled", True),
            },
        )
    if recovery := declared.get("pointInTimeRecovery"):
        client.update_continuous_backups(
            TableName=name,
            PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": recovery["enabled"]},
        )
    return Created(id=name, outputs={"name": name, "arn": answer["TableArn"]})


def _key_schema(owner: Any) -> list[dict[str, str]]:
    if schema := owner.get("keySchemas"):
        return [{"AttributeName": key["attributeName"], "KeyType": key["keyType"]} for key in schema]
    keys = [("HASH", owner.get("hashKey")), ("RANGE", owner.get("rangeKey"))]
    return [{"AttributeName": name, "KeyType": kind} for kind, name in keys if name]


def _index(index: Any) -> dict[str, Any]:
    return {
        "IndexName": index["name"],
        "KeySchema": _key_schema(index),
        "Projection": {"ProjectionType": index["projectionType"]},
    }
