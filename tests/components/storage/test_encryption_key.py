"""Which key encrypts each resource, in a stack with a customer-managed key and in one without."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from components.testing.mocks import ACCOUNT, REGION
from tests.components import recorded
from tests.components.recorded import Recording

pytestmark = pytest.mark.filterwarnings("ignore:.* has been deprecated in favor of:DeprecationWarning")

KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/analyst-key"


@pytest.fixture(scope="module")
def notifying() -> Recording:
    """Prod, with a workflow that publishes to the topic."""
    recording = recorded.run("prod", notifyOn="always")
    assert recording.error is None
    return recording


def keys_in_use(recording: Recording) -> Mapping[str, set[str | None]]:
    """Map each kind of storage to the keys that its resources use."""

    def of_bucket(rules: Any) -> Any:
        return rules[0]["applyServerSideEncryptionByDefault"].get("kmsMasterKeyId")

    return {
        "journal": {t.inputs.get("serverSideEncryption", {}).get("kmsKeyArn") for t in recording.of("Table")},
        "reports and code": {of_bucket(b["rules"]) for b in recording.of("BucketServerSideEncryptionConfiguration")},
        "topic": {t.inputs.get("kmsMasterKeyId") for t in recording.of("Topic")},
        "logs": {g.inputs.get("kmsKeyId") for g in recording.of("LogGroup")},
        "queues": {q.inputs.get("kmsMasterKeyId") for q in recording.of("Queue")},
    }


def statements(recording: Recording) -> Mapping[str, dict[str, Any]]:
    return {s["Sid"]: s for s in json.loads(recording.one("Key")["policy"])["Statement"]}


def test_prod_encrypts_everything_with_its_own_key(prod: Recording) -> None:
    assert keys_in_use(prod) == {what: {KEY} for what in keys_in_use(prod)}


def test_dev_encrypts_everything_with_the_keys_of_aws(dev: Recording) -> None:
    assert keys_in_use(dev) == {what: {None} for what in keys_in_use(dev)}
    assert {q["sqsManagedSseEnabled"] for q in dev.of("Queue")} == {True}
    rules = [b["rules"][0] for b in dev.of("BucketServerSideEncryptionConfiguration")]
    assert {r["applyServerSideEncryptionByDefault"]["sseAlgorithm"] for r in rules} == {"AES256"}


def test_the_key_is_rotated_protected_and_has_an_alias(prod: Recording) -> None:
    key = prod.one("Key")

    assert key["enableKeyRotation"]
    assert key.protect
    assert key["deletionWindowInDays"] == 30
    assert prod.one("Alias")["name"] == "alias/agent-runs-prod"


def test_resources_that_use_the_key_are_created_after_its_alias(prod: Recording) -> None:
    key, alias = ("Key", "analyst-key"), ("Alias", "analyst-key")
    users = [r for r in prod.resources if r.custom and key in r.waits_for and r.type != "aws:kms/alias:Alias"]

    assert {"Table", "Topic", "Queue", "LogGroup"} <= {r.type.split(":")[-1] for r in users}
    assert [r.name for r in users if alias not in r.waits_for] == []


def test_the_key_s_policy_lets_iam_decide_about_principals_of_the_account(prod: Recording) -> None:
    assert statements(prod)["IamDecides"]["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}


def test_the_key_s_policy_lets_cloudwatch_encrypt_every_log_group(prod: Recording) -> None:
    logs = statements(prod)["LogGroups"]
    patterns = logs["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"]

    assert logs["Principal"] == {"Service": f"logs.{REGION}.amazonaws.com"}
    for group in prod.of("LogGroup"):
        arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group['name']}"
        assert any(arn.startswith(pattern.removesuffix("*")) for pattern in patterns), arn


def test_only_alarms_of_this_agent_may_publish_with_the_key(prod: Recording) -> None:
    alarms = statements(prod)["AlarmsToTopic"]
    pattern = alarms["Condition"]["ArnLike"]["aws:SourceArn"]

    assert alarms["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert alarms["Condition"]["StringEquals"] == {"aws:SourceAccount": ACCOUNT}
    for alarm in prod.of("MetricAlarm"):
        arn = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{alarm['name']}"
        assert arn.startswith(pattern.removesuffix("*"))


def test_rules_may_encrypt_dead_letters_without_a_condition_that_eventbridge_cannot_meet(prod: Recording) -> None:
    rules = statements(prod)["FromRules"]

    assert rules["Principal"] == {"Service": "events.amazonaws.com"}
    assert "Condition" not in rules


def under_the_key(recording: Recording) -> Mapping[str, str]:
    """Map the ARN of each resource that the key encrypts to the service that stores it."""

    def here(service: str, name: str) -> str:
        return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{name}"

    buckets = recording.of("BucketServerSideEncryptionConfiguration")
    return {
        **{here("dynamodb", f"table/{table['name']}"): "dynamodb" for table in recording.of("Table")},
        **{f"arn:aws:s3:::{bucket['bucket']}": "s3" for bucket in buckets},
        **{here("sns", topic["name"]): "sns" for topic in recording.of("Topic")},
        **{here("sqs", queue["name"]): "sqs" for queue in recording.of("Queue")},
    }


def kept_in(arn: str, places: Mapping[str, str]) -> str | None:
    """Return the service that stores what an ARN of a policy refers to, if the key encrypts it."""
    return next((service for place, service in places.items() if arn == place or arn.startswith(f"{place}/")), None)


# Actions that decrypt no content.
WITHOUT_CONTENT = {"s3:ListBucket"}


def test_exactly_the_roles_that_use_encrypted_resources_may_use_the_key(notifying: Recording) -> None:
    places = under_the_key(notifying)
    needed = {
        (role, service)
        for role, policy in notifying.policies().items()
        for statement in policy
        if set(statement["Action"]) - WITHOUT_CONTENT
        for service in {kept_in(arn, places) for arn in statement["Resource"]} - {None}
    }
    may = {
        (role, statement["Condition"]["StringEquals"]["kms:ViaService"].split(".")[0])
        for role, policy in notifying.policies().items()
        for statement in policy
        if statement["Resource"] == [KEY]
        and {"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"} <= set(statement["Action"])
    }

    assert {service for _, service in needed} == {"dynamodb", "s3", "sns", "sqs"}
    assert needed == may, "each use needs a grant, and each grant needs a use"


def test_every_service_that_sends_to_an_encrypted_queue_or_topic_may_use_the_key(notifying: Recording) -> None:
    senders = {
        statement["Principal"]["Service"]
        for policy in (*notifying.of("QueuePolicy"), *notifying.of("TopicPolicy"))
        for statement in json.loads(policy["policy"])["Statement"]
        if statement["Effect"] == "Allow"
    }
    users = {
        statement["Principal"]["Service"]: {action.rstrip("*") for action in statement["Action"]}
        for statement in statements(notifying).values()
        if "Service" in statement["Principal"]
    }

    assert senders == {"cloudwatch.amazonaws.com", "events.amazonaws.com"}
    assert [one for one in senders if not {"kms:Decrypt", "kms:GenerateDataKey"} <= users.get(one, set())] == []


@pytest.mark.parametrize(
    ("role", "services"),
    [
        ("agent", {"dynamodb", "s3"}),
        ("workflow", {"dynamodb"}),
        ("cancellation", {"dynamodb"}),
        ("schedule-watch", {"dynamodb"}),
        ("schedules", {"sqs"}),
        ("watches", {"sqs"}),
        ("start", set()),
        ("stop", {"dynamodb"}),
    ],
)
def test_a_role_may_use_the_key_only_through_the_services_that_it_uses(
    prod: Recording, role: str, services: set[str]
) -> None:
    uses = [s for s in prod.policies()[f"agent-runs-prod-{role}"] if any(a.startswith("kms:") for a in s["Action"])]

    assert {s["Condition"]["StringEquals"]["kms:ViaService"] for s in uses} == {
        f"{service}.{REGION}.amazonaws.com" for service in services
    }
    assert [s["Resource"] for s in uses] == [[KEY]] * len(uses)
