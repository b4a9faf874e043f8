"""DeadLetterQueue alone, with the mocks of AWS."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from components.events.dead_letters import DeadLetterQueue, DeadLetterQueueArgs
from components.testing.mocks import ACCOUNT, REGION, Mocks
from tests.components.parts import KEY_ARN, context, dead_letters


@pulumi.runtime.test
def test_a_dead_letter_is_kept_for_two_weeks_and_encrypted(mocks: Mocks) -> pulumi.Output[None]:
    dead_letters()

    def check(queue: Mapping[str, Any]) -> None:
        assert queue["name"] == "agent-runs-test-dead-letters"
        assert queue["messageRetentionSeconds"] == 14 * 24 * 60 * 60
        assert queue["maxMessageSize"] == 1024 * 1024, "as large as the largest event"
        assert queue["sqsManagedSseEnabled"]

    return mocks.inputs(aws.sqs.Queue, "dead-letters").apply(check)


@pulumi.runtime.test
def test_the_stack_s_own_key_replaces_the_encryption_of_sqs(mocks: Mocks) -> pulumi.Output[None]:
    DeadLetterQueue("dead-letters", DeadLetterQueueArgs(context=context(with_key=True), part="dead-letters"))

    def check(queue: Mapping[str, Any]) -> None:
        assert queue["kmsMasterKeyId"] == KEY_ARN
        assert "sqsManagedSseEnabled" not in queue

    return mocks.inputs(aws.sqs.Queue, "dead-letters").apply(check)


@pulumi.runtime.test
def test_only_the_named_rules_may_send_and_only_over_tls(mocks: Mocks) -> pulumi.Output[None]:
    rule_arn = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/bus/requests"
    args = DeadLetterQueueArgs(context=context(), part="dead-letters", rule_arns={"Requests": rule_arn})
    DeadLetterQueue("dead-letters", args)

    def check(inputs: Mapping[str, Any]) -> None:
        deny, allow = json.loads(inputs["policy"])["Statement"]
        assert (deny["Effect"], deny["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
        assert allow["Action"] == "sqs:SendMessage"
        assert allow["Condition"] == {"ArnEquals": {"aws:SourceArn": rule_arn}}

    return mocks.inputs(aws.sqs.QueuePolicy, "dead-letters").apply(check)
