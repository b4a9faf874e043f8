"""Amazon SNS: topics and subscriptions. Amazon SQS: queues."""

from local.emulator.account import Account
from local.provisioning.declaration import Created, Declaration, creates, document, given, tag_list


@creates("aws:sns/topic:Topic")
def _topic(account: Account, declared: Declaration) -> Created:
    name = declared.physical_name()
    attributes = given(
        DisplayName=declared.get("displayName"),
        KmsMasterKeyId=declared.get("kmsMasterKeyId"),
        Policy=declared.get("policy"),
        SignatureVersion=declared.get("signatureVersion"),
        TracingConfig=declared.get("tracingConfig"),
    )
    answer = account.client("sns").create_topic(
        **given(
            Name=name,
            Attributes={attribute: str(value) for attribute, value in attributes.items()},
            Tags=tag_list(declared),
        )
    )
    return Created(id=answer["TopicArn"], outputs={"name": name, "arn": answer["TopicArn"]})


@creates("aws:sns/topicPolicy:TopicPolicy")
def _topic_policy(account: Account, declared: Declaration) -> Created:
    account.client("sns").set_topic_attributes(
        TopicArn=declared["arn"], AttributeName="Policy", AttributeValue=document(declared["policy"])
    )
    return Created(id=declared["arn"])


@creates("aws:sns/topicSubscription:TopicSubscription")
def _topic_subscription(account: Account, declared: Declaration) -> Created:
    answer = account.client("sns").subscribe(
        TopicArn=declared["topic"],
        Protocol=declared["protocol"],
        Endpoint=declared["endpoint"],
        ReturnSubscriptionArn=True,
    )
    return Created(id=answer["SubscriptionArn"], outputs={"arn": answer["SubscriptionArn"]})


# The provider's names of a queue's attributes, and those of the API.
_QUEUE_ATTRIBUTES = {
    "delaySeconds": "DelaySeconds",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "maxMessageSize": "MaximumMessageSize",
    "messageRetentionSeconds": "MessageRetentionPeriod",
    "policy": "Policy",
    "receiveWaitTimeSeconds": "ReceiveMessageWaitTimeSeconds",
    "redrivePolicy": "RedrivePolicy",
    "sqsManagedSseEnabled": "SqsManagedSseEnabled",
    "visibilityTimeoutSeconds": "VisibilityTimeout",
}


@creates("aws:sqs/queue:Queue")
def _queue(account: Account, declared: Declaration) -> Created:
    name = declared.physical_name()
    attributes = {
        attribute: str(value).lower() if isinstance(value, bool) else str(value)
        for key, attribute in _QUEUE_ATTRIBUTES.items()
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
