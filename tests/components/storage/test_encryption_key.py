"""Whose keys encrypt what is stored, in the stack that has a key of its own and in the one that has none."""

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
def told() -> Recording:
    """Prod, with a rule that publishes to the topic too."""
    recording = recorded.run("prod", notifyOn="always")
    assert recording.error is None
    return recording


def keys_in_use(recording: Recording) -> Mapping[str, set[str | None]]:
    """Type of each resource that stores something, to the keys that its resources name."""

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


def test_prod_keeps_whatever_it_stores_under_a_key_of_its_own(prod: Recording) -> None:
    assert keys_in_use(prod) == {what: {KEY} for what in keys_in_use(prod)}


def test_dev_leaves_encryption_to_the_keys_of_aws(dev: Recording) -> None:
    assert keys_in_use(dev) == {what: {None} for what in keys_in_use(dev)}
    assert {q["sqsManagedSseEnabled"] for q in dev.of("Queue")} == {True}
    rules = [b["rules"][0] for b in dev.of("BucketServerSideEncryptionConfiguration")]
    assert {r["applyServerSideEncryptionByDefault"]["sseAlgorithm"] for r in rules} == {"AES256"}


def test_the_key_is_rotated_guarded_and_found_by_its_name(prod: Recording) -> None:
    key = prod.one("Key")

    assert key["enableKeyRotation"]
    assert key.protect
    assert key["deletionWindowInDays"] == 30
    assert prod.one("Alias")["name"] == "alias/agent-runs-prod"


def test_whatever_uses_the_key_is_made_once_the_key_has_its_alias(prod: Recording) -> None:
    key, alias = ("Key", "analyst-key"), ("Alias", "analyst-key")
    users = [r for r in prod.resources if r.custom and key in r.waits_for and r.type != "aws:kms/alias:Alias"]

    assert {"Table", "Topic", "Queue", "LogGroup"} <= {r.type.split(":")[-1] for r in users}
    assert [r.name for r in users if alias not in r.waits_for] == []


def test_the_key_s_policy_lets_iam_decide_about_the_account_s_own(prod: Recording) -> None:
    assert statements(prod)["IamDecides"]["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}


def test_every_log_group_is_one_that_the_key_s_policy_lets_cloudwatch_encrypt(prod: Recording) -> None:
    logs = statements(prod)["LogGroups"]
    patterns = logs["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"]

    assert logs["Principal"] == {"Service": f"logs.{REGION}.amazonaws.com"}
    for group in prod.of("LogGroup"):
        arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group['name']}"
        assert any(arn.startswith(pattern.removesuffix("*")) for pattern in patterns), arn


def test_alarms_of_this_agent_alone_may_encrypt_what_they_publish(prod: Recording) -> None:
    alarms = statements(prod)["AlarmsToTopic"]
    pattern = alarms["Condition"]["ArnLike"]["aws:SourceArn"]

    assert alarms["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert alarms["Condition"]["StringEquals"] == {"aws:SourceAccount": ACCOUNT}
    for alarm in prod.of("MetricAlarm"):
        arn = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{alarm['name']}"
        assert arn.startswith(pattern.removesuffix("*"))


def test_rules_may_encrypt_dead_letters_without_a_condition_that_eventbridge_could_not_meet(prod: Recording) -> None:
    rules = statements(prod)["FromRules"]

    assert rules["Principal"] == {"Service": "events.amazonaws.com"}
    assert "Condition" not in rules


def under_the_key(recording: Recording) -> Mapping[str, str]:
    """ARN of everything that is encrypted under the key, to the service that keeps it."""

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
    """The service that keeps what an ARN of a policy is about, if that is encrypted under the key."""
    return next((service for place, service in places.items() if arn == place or arn.startswith(f"{place}/")), None)


# Of these there is no content to decrypt.
WITHOUT_CONTENT = {"s3:ListBucket"}


def test_whoever_may_work_with_what_is_encrypted_may_use_its_key(told: Recording) -> None:
    places = under_the_key(told)
    needed = {
        (role, service)
        for role, policy in told.policies().items()
        for statement in policy
        if set(statement["Action"]) - WITHOUT_CONTENT
        for service in {kept_in(arn, places) for arn in statement["Resource"]} - {None}
    }
    may = {
        (role, statement["Condition"]["StringEquals"]["kms:ViaService"].split(".")[0])
        for role, policy in told.policies().items()
        for statement in policy
        if statement["Resource"] == [KEY]
        and {"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"} <= set(statement["Action"])
    }

    assert {service for _, service in needed} == {"dynamodb", "s3", "sqs"}
    assert needed == may, "each use needs its grant, and no grant is for nothing"


def test_every_service_that_sends_to_an_encrypted_queue_or_topic_may_use_its_key(told: Recording) -> None:
    senders = {
        statement["Principal"]["Service"]
        for policy in (*told.of("QueuePolicy"), *told.of("TopicPolicy"))
        for statement in json.loads(policy["policy"])["Statement"]
        if statement["Effect"] == "Allow"
    }
    users = {
        statement["Principal"]["Service"]: {action.rstrip("*") for action in statement["Action"]}
        for statement in statements(told).values()
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
        ("stop", set()),
    ],
)
def test_a_role_may_use_the_key_through_the_services_that_it_works_with_and_in_no_other_way(
    prod: Recording, role: str, services: set[str]
) -> None:
    uses = [s for s in prod.policies()[f"agent-runs-prod-{role}"] if any(a.startswith("kms:") for a in s["Action"])]

    assert {s["Condition"]["StringEquals"]["kms:ViaService"] for s in uses} == {
        f"{service}.{REGION}.amazonaws.com" for service in services
    }
    assert [s["Resource"] for s in uses] == [[KEY]] * len(uses)
