from local.emulator.credentials import trusts

ACCOUNT = "123456789012"
RUNTIME = f"arn:aws:bedrock-agentcore:eu-west-1:{ACCOUNT}:runtime/agent-0123456789"


def trust(service="bedrock-agentcore.amazonaws.com", **condition):
    return {
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": [service]},
                "Action": "sts:AssumeRole",
                "Condition": condition,
            }
        ]
    }


def trusted(policy):
    return trusts(policy, account_id=ACCOUNT, runtime_arn=RUNTIME)


def test_agentcore_may_assume_a_role_that_trusts_it_for_runtimes_of_this_account():
    assert trusted(trust())
    assert trusted(
        trust(
            StringEquals={"aws:SourceAccount": ACCOUNT},
            ArnLike={"aws:SourceArn": f"arn:aws:bedrock-agentcore:eu-west-1:{ACCOUNT}:*"},
        )
    )


def test_agentcore_may_not_assume_a_role_that_trusts_another_service_account_or_runtime():
    assert not trusted(trust(service="lambda.amazonaws.com"))
    assert not trusted(trust(StringEquals={"aws:SourceAccount": "210987654321"}))
    assert not trusted(trust(ArnLike={"aws:SourceArn": f"arn:aws:bedrock-agentcore:eu-west-1:{ACCOUNT}:runtime/b-*"}))
    assert not trusted(trust(StringEquals={"aws:SourceOrgID": "o-1"}))
