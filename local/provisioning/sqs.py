"""SQS."""

from local.account import Account
from local.provisioning.declaration import Created, Declaration, creates, document, given

_ATTRIBUTES = {
    "contentBasedDeduplication": "ContentBasedDeduplication",
    "delaySeconds": "DelaySeconds",
    "fifoQueue": "FifoQueue",
    "kmsDataKeyReusePeriodSeconds": "KmsDataKeyReusePeriodSeconds",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "maxMessageSize": "MaximumMessageSize",
    "messageRetentionSeconds": "MessageRetentionPeriod",
    "policy": "Policy",
    "receiveWaitTimeSeconds": "ReceiveMessageWaitTimeSeconds",
    "redriveAllowPolicy": "RedriveAllowPolicy",
    "redrivePolicy": "RedrivePolicy",
    "sqsManagedSseEnabled": "SqsManagedSseEnabled",
    "visibilityTimeoutSeconds": "VisibilityTimeout",
}


@creates("aws:sqs/queue:Queue")
def _queue(account: Account, declared: Declaration) -> Created:
    name = declared.physical_name()
    attributes = {
        attribute: str(value).lower() if isinstance(value, bool) else str(value)
        for key, attribute in _ATTRIBUTES.items()
        if (value := declared.get(key)) is not None
    }
    answer = account.client("sqs").create_queue(
        **given(QueueName=name, Attributes=attributes, tags=declared.get("tags"))
    )
    arn = f"arn:aws:sqs:{account.region}:{account.account_id}:{name}"
    return Created(id=answer["QueueUrl"], outputs={"name": name, "arn": arn, "url": answer["QueueUrl"]})


@creates("aws:sqs/queuePolicy:QueuePolicy")
def _queue_policy(account: Account, declared: Declaration) -> Created:
    account.client("sqs").set_queue_attributes(
        QueueUrl=declared["queueUrl"], Attributes={"Policy": document(declared["policy"])}
    )
    return Created(id=declared["queueUrl"])


@creates("aws:sqs/redriveAllowPolicy:RedriveAllowPolicy")
def _redrive_allow_policy(account: Account, declared: Declaration) -> Created:
    account.client("sqs").set_queue_attributes(
        QueueUrl=declared["queueUrl"], Attributes={"RedriveAllowPolicy": declared["redriveAllowPolicy"]}
    )
    return Created(id=declared["queueUrl"])
