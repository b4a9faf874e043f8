"""Public access: no resource allows it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from . import types
from .documents import statements
from .resource import Breach, Resource, of_type

_BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")

# The property of each type with the policy of the resource.
_RESOURCE_POLICY = {
    types.BUCKET_POLICY: "policy",
    types.IAM_ROLE: "assumeRolePolicy",
    types.KEY: "policy",
    types.QUEUE_POLICY: "policy",
    types.TOPIC_POLICY: "policy",
}
# Keys of conditions that limit "everybody" to known principals.
_NARROWING = {
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:sourceaccount",
    "aws:sourcearn",
    "kms:calleraccount",
}


def principals(resource: Resource) -> Iterator[str]:
    """Check that no resource's policy allows access to everybody."""
    document = resource.get(_RESOURCE_POLICY.get(resource.type, ""))
    for statement in statements(document):
        if statement.allows and "*" in statement.principals and not statement.condition_keys & _NARROWING:
            yield (
                f"The statement {statement.sid or 'without a Sid'} allows everybody: name the principals, or add a "
                "condition such as aws:SourceAccount"
            )


def functions(resource: Resource) -> Iterator[str]:
    """Check that not everybody can invoke a function."""
    if resource.type == types.FUNCTION_URL and resource.get("authorizationType") != "AWS_IAM":
        yield "Everybody may call the function's URL: set authorizationType to AWS_IAM"
    if resource.type == types.LAMBDA_PERMISSION:
        narrowed = resource.get("sourceArn") or resource.get("sourceAccount") or resource.get("principalOrgId")
        if resource.get("principal") == "*" and not narrowed:
            yield "Everybody may invoke the function: name the principal, or set sourceArn"


def buckets(resources: Sequence[Resource]) -> Iterator[Breach]:
    """Check that every bucket has all four blocks of public access."""
    blocked = {
        block.get("bucket"): [name for name in _BLOCKS if not block.get(name)]
        for block in of_type(resources, types.BUCKET_PUBLIC_ACCESS_BLOCK)
    }
    for bucket in of_type(resources, types.BUCKET):
        missing = blocked.get(bucket.get("bucket"), list(_BLOCKS))
        if missing:
            yield Breach(
                resource=bucket,
                message=f"The bucket can be made public: set {', '.join(missing)} in its BucketPublicAccessBlock",
            )
