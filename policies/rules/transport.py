"""Encryption in transit: TLS only, for all resources whose policy can require it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from . import types
from .documents import Statement, statements
from .resource import Breach, Resource, of_type

# By type of a store: the type of its policy, and the properties of store and policy that must be equal.
_POLICIES = {
    types.BUCKET: (types.BUCKET_POLICY, "bucket", "bucket"),
    types.QUEUE: (types.QUEUE_POLICY, "url", "queueUrl"),
    types.TOPIC: (types.TOPIC_POLICY, "arn", "arn"),
}


# The actions that move data into and out of a topic. A topic's policy accepts single actions only.
_DATA_OF_TOPICS = {"sns:publish", "sns:subscribe"}


def tls_only(resources: Sequence[Resource]) -> Iterator[Breach]:
    """Check that every bucket, queue and topic has a policy that refuses requests without TLS."""
    for store in of_type(resources, *_POLICIES):
        policy_type, own_property, property_of_policy = _POLICIES[store.type]
        documents = (
            policy.get("policy")
            for policy in of_type(resources, policy_type)
            if policy.get(property_of_policy) == store.get(own_property)
        )
        if not any(_refuses_plain_text(statement) for document in documents for statement in statements(document)):
            yield Breach(
                resource=store,
                message=f"It accepts requests without TLS: in its {policy_type.split(':')[-1]}, deny all actions to "
                'everybody if aws:SecureTransport is "false"',
            )


def _refuses_plain_text(statement: Statement) -> bool:
    return (
        not statement.allows
        and "*" in statement.principals
        and (
            any(action == "*" or action.endswith(":*") for action in statement.actions)
            or {action.lower() for action in statement.actions} >= _DATA_OF_TOPICS
        )
        and statement.conditions == {"bool": {"aws:securetransport": ["false"]}}
    )
