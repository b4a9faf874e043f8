"""SNS."""

from local.account import Account
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
    attributes = given(
        FilterPolicy=declared.get("filterPolicy"),
        FilterPolicyScope=declared.get("filterPolicyScope"),
        RedrivePolicy=declared.get("redrivePolicy"),
        RawMessageDelivery="true" if declared.get("rawMessageDelivery") else None,
    )
    answer = account.client("sns").subscribe(
        TopicArn=declared["topic"],
        Protocol=declared["protocol"],
        Endpoint=declared["endpoint"],
        Attributes=attributes,
        ReturnSubscriptionArn=True,
    )
    return Created(id=answer["SubscriptionArn"], outputs={"arn": answer["SubscriptionArn"]})
