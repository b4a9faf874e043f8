"""Whose keys encrypt what is stored, in the stack that has a key of its own and in the one that has none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.components.recorded import ACCOUNT, REGION, Recording

pytestmark = pytest.mark.filterwarnings("ignore:.* has been deprecated in favor of:DeprecationWarning")

KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/analyst-key"


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
