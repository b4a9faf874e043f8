"""Amazon S3: buckets, their settings, and objects."""

import base64
from typing import Any

from local.emulator.account import Account
from local.provisioning.declaration import Created, Declaration, creates, document, given, pascal, tag_list


@creates("aws:s3/bucket:Bucket")
def _bucket(account: Account, declared: Declaration) -> Created:
    client = account.client("s3")
    name = declared.physical_name("bucket")
    client.create_bucket(
        Bucket=name,
        CreateBucketConfiguration={"LocationConstraint": account.region},
        ObjectLockEnabledForBucket=bool(declared.get("objectLockEnabled")),
    )
    if tags := tag_list(declared):
        client.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags})
    return Created(
        id=name,
        outputs={
            "arn": f"arn:aws:s3:::{name}",
            "bucket": name,
            "bucketDomainName": f"{name}.s3.amazonaws.com",
            "bucketRegionalDomainName": f"{name}.s3.{account.region}.amazonaws.com",
            "region": account.region,
        },
    )


@creates("aws:s3/bucketVersioning:BucketVersioning")
def _versioning(account: Account, declared: Declaration) -> Created:
    account.client("s3").put_bucket_versioning(
        Bucket=declared["bucket"],
        VersioningConfiguration={"Status": declared["versioningConfiguration"]["status"]},
    )
    return Created(id=declared["bucket"])


@creates("aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration")
def _encryption(account: Account, declared: Declaration) -> Created:
    account.client("s3").put_bucket_encryption(
        Bucket=declared["bucket"],
        ServerSideEncryptionConfiguration={"Rules": [_encryption_rule(rule) for rule in declared["rules"]]},
    )
    return Created(id=declared["bucket"])


def _encryption_rule(rule: Any) -> dict[str, Any]:
    default = rule["applyServerSideEncryptionByDefault"]
    return given(
        ApplyServerSideEncryptionByDefault=given(
            SSEAlgorithm=default["sseAlgorithm"], KMSMasterKeyID=default.get("kmsMasterKeyId")
        ),
        BucketKeyEnabled=rule.get("bucketKeyEnabled"),
    )


@creates("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")
def _lifecycle(account: Account, declared: Declaration) -> Created:
    rules = [pascal(rule) for rule in declared["rules"]]
    for rule in rules:
        rule["ID"] = rule.pop("Id")
        rule.setdefault("Filter", {"Prefix": ""})
    account.client("s3").put_bucket_lifecycle_configuration(
        Bucket=declared["bucket"], LifecycleConfiguration={"Rules": rules}
    )
    return Created(id=declared["bucket"])


@creates("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock")
def _public_access_block(account: Account, declared: Declaration) -> Created:
    account.client("s3").put_public_access_block(
        Bucket=declared["bucket"],
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": bool(declared.get("blockPublicAcls")),
            "BlockPublicPolicy": bool(declared.get("blockPublicPolicy")),
            "IgnorePublicAcls": bool(declared.get("ignorePublicAcls")),
            "RestrictPublicBuckets": bool(declared.get("restrictPublicBuckets")),
        },
    )
    return Created(id=declared["bucket"])


@creates("aws:s3/bucketOwnershipControls:BucketOwnershipControls")
def _ownership(account: Account, declared: Declaration) -> Created:
    account.client("s3").put_bucket_ownership_controls(
        Bucket=declared["bucket"], OwnershipControls={"Rules": [pascal(declared["rule"])]}
    )
    return Created(id=declared["bucket"])


@creates("aws:s3/bucketPolicy:BucketPolicy")
def _policy(account: Account, declared: Declaration) -> Created:
    account.client("s3").put_bucket_policy(Bucket=declared["bucket"], Policy=document(declared["policy"]))
    return Created(id=declared["bucket"])


@creates("aws:s3/bucketObjectv2:BucketObjectv2")
def _bucket_object(account: Account, declared: Declaration) -> Created:
    answer = account.client("s3").put_object(
        **given(
            Bucket=declared["bucket"],
            Key=declared["key"],
            Body=_body(declared),
            ContentType=declared.get("contentType"),
            ServerSideEncryption=declared.get("serverSideEncryption"),
            SSEKMSKeyId=declared.get("kmsKeyId"),
            Metadata=declared.get("metadata"),
        )
    )
    return Created(
        id=declared["key"],
        outputs=given(
            arn=f"arn:aws:s3:::{declared['bucket']}/{declared['key']}",
            etag=answer["ETag"].strip('"'),
            versionId=answer.get("VersionId"),
        ),
    )


def _body(declared: Declaration) -> bytes:
    if (source := declared.get("source")) is not None:
        return declared.content(source)
    if (encoded := declared.get("contentBase64")) is not None:
        return base64.b64decode(encoded)
    return str(declared["content"]).encode()
