"""AWS IAM: roles and their policies. AWS KMS: keys and aliases."""

from local.emulator.account import Account
from local.provisioning.declaration import Created, Declaration, creates, document, given, tag_list


@creates("aws:iam/role:Role")
def _role(account: Account, declared: Declaration) -> Created:
    name = declared.physical_name()
    answer = account.client("iam").create_role(
        **given(
            RoleName=name,
            Path=declared.get("path"),
            AssumeRolePolicyDocument=document(declared["assumeRolePolicy"]),
            Description=declared.get("description"),
            MaxSessionDuration=declared.get("maxSessionDuration"),
            # Without the permissions boundary: its policy is in the account that the stack's file names.
            Tags=tag_list(declared),
        )
    )["Role"]
    return Created(id=name, outputs={"name": name, "arn": answer["Arn"], "uniqueId": answer["RoleId"]})


@creates("aws:iam/rolePolicy:RolePolicy")
def _role_policy(account: Account, declared: Declaration) -> Created:
    name = declared.physical_name()
    account.client("iam").put_role_policy(
        RoleName=declared["role"], PolicyName=name, PolicyDocument=document(declared["policy"])
    )
    return Created(id=f"{declared['role']}:{name}", outputs={"name": name})


@creates("aws:kms/key:Key")
def _key(account: Account, declared: Declaration) -> Created:
    client = account.client("kms")
    tags = declared.get("tags") or {}
    policy = declared.get("policy")
    answer = client.create_key(
        **given(
            Description=declared.get("description"),
            Policy=policy and document(policy),
            KeyUsage=declared.get("keyUsage"),
            MultiRegion=declared.get("multiRegion"),
            Tags=[{"TagKey": name, "TagValue": value} for name, value in tags.items()] or None,
        )
    )["KeyMetadata"]
    if declared.get("enableKeyRotation"):
        client.enable_key_rotation(
            **given(KeyId=answer["KeyId"], RotationPeriodInDays=declared.get("rotationPeriodInDays"))
        )
    return Created(id=answer["KeyId"], outputs={"arn": answer["Arn"], "keyId": answer["KeyId"]})


@creates("aws:kms/alias:Alias")
def _alias(account: Account, declared: Declaration) -> Created:
    name = declared.physical_name()
    account.client("kms").create_alias(AliasName=name, TargetKeyId=declared["targetKeyId"])
    arn = f"arn:aws:kms:{account.region}:{account.account_id}:{name}"
    return Created(id=name, outputs={"name": name, "arn": arn})
