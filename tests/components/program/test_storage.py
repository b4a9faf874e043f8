"""The journal and the buckets of the whole program."""

from __future__ import annotations

import json
import re

import pytest

from agent.harness import schema
from tests.components.recorded import Recording

# The SDK's deprecated classes warn on import, even if the program does not use them.
pytestmark = pytest.mark.filterwarnings("ignore:.* has been deprecated in favor of:DeprecationWarning")


def test_prod_protects_resources_with_data_and_dev_can_be_destroyed(dev: Recording, prod: Recording) -> None:
    def guards(recording: Recording) -> dict[str, object]:
        table = recording.one("Table")
        buckets = recording.of("Bucket")
        return {
            "pulumi": {table.protect, *(b.protect for b in buckets)},
            "deletion protection": table["deletionProtectionEnabled"],
            "point-in-time recovery": table["pointInTimeRecovery"]["enabled"],
            "emptied on destroy": {b["forceDestroy"] for b in buckets},
        }

    assert guards(prod) == {
        "pulumi": {True},
        "deletion protection": True,
        "point-in-time recovery": True,
        "emptied on destroy": {False},
    }
    assert guards(dev) == {
        "pulumi": {False},
        "deletion protection": False,
        "point-in-time recovery": False,
        "emptied on destroy": {True},
    }


def test_the_journal_has_the_keys_of_the_schema_and_an_index_of_runs_by_time(deployed: Recording) -> None:
    table = deployed.one("Table")

    assert (table["hashKey"], table["rangeKey"]) == (schema.PARTITION_KEY, schema.SORT_KEY)
    assert table["ttl"] == {"attributeName": schema.TTL_ATTRIBUTE, "enabled": True}
    (index,) = table["globalSecondaryIndexes"]
    assert index["name"] == schema.RUNS_INDEX
    assert index["keySchemas"] == [
        {"attributeName": schema.RUNS_INDEX_PARTITION_KEY, "keyType": "HASH"},
        {"attributeName": schema.RUNS_INDEX_SORT_KEY, "keyType": "RANGE"},
    ]
    keys = {attribute["name"] for attribute in table["attributes"]}
    assert keys == {
        schema.PARTITION_KEY,
        schema.SORT_KEY,
        schema.RUNS_INDEX_PARTITION_KEY,
        schema.RUNS_INDEX_SORT_KEY,
    }, "DynamoDB accepts only the attributes that are keys"


def test_code_is_uploaded_after_its_bucket_is_fully_configured(deployed: Recording) -> None:
    whole = {(r.type.split(":")[-1], r.name) for r in deployed.resources if r.type.startswith("aws:s3/")}
    bucket = {(kind, name) for kind, name in whole if name == "analyst-code"}

    assert len(bucket) == 7
    for uploaded in deployed.of("BucketObjectv2"):
        assert uploaded.waits_for >= bucket, uploaded.name


def test_buckets_are_private_encrypted_versioned_and_accept_only_tls(deployed: Recording) -> None:
    buckets = {r["bucket"] for r in deployed.of("Bucket")}

    for kind in (
        "BucketPublicAccessBlock",
        "BucketOwnershipControls",
        "BucketServerSideEncryptionConfiguration",
        "BucketVersioning",
        "BucketLifecycleConfiguration",
        "BucketPolicy",
    ):
        assert {r["bucket"] for r in deployed.of(kind)} == buckets, kind
    for policy in deployed.of("BucketPolicy"):
        (statement,) = json.loads(policy["policy"])["Statement"]
        assert (statement["Effect"], statement["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
        assert statement["Resource"] == [f"arn:aws:s3:::{policy['bucket']}", f"arn:aws:s3:::{policy['bucket']}/*"]


def test_reports_and_conversations_expire_after_the_days_in_the_settings(prod: Recording) -> None:
    rules = {rule["id"]: rule for rule in prod.one("BucketLifecycleConfiguration", "reports")["rules"]}

    assert rules["expire-reports"]["filter"] == {"prefix": "reports/"}
    assert rules["expire-reports"]["expiration"] == {"days": 731}
    assert rules["expire-conversations"]["expiration"] == {"days": 365}


def test_the_key_of_the_code_contains_its_digest(deployed: Recording) -> None:
    keys = {r.part: r["key"] for r in deployed.of("BucketObjectv2")}

    assert re.fullmatch(r"functions/[0-9a-f]{32}\.zip", keys["code-functions"])
    assert re.fullmatch(r"agent/[0-9a-f]{32}\.zip", keys["code-agent"])
    assert {f["s3Key"] for f in deployed.of("Function")} == {keys["code-functions"]}
    code = deployed.one("AgentcoreAgentRuntime")["agentRuntimeArtifact"]["codeConfiguration"]
    assert code["code"]["s3"]["prefix"] == keys["code-agent"]
    assert code["entryPoints"] == ["opentelemetry-instrument", "main.py"]
