from local.agentcore.limits import TokenBucket
from local.emulator.credentials import trusts

ACCOUNT = "123456789012"
RUNTIME = f"arn:aws:bedrock-agentcore:eu-west-1:{ACCOUNT}:runtime/agent-0123456789"


def test_a_quota_lets_a_second_s_worth_come_at_once_and_then_as_many_as_time_brings():
    now = 0.0
    bucket = TokenBucket(2.0, lambda: now)
    assert [bucket.take() for _ in range(3)] == [True, True, False]
    now = 0.5
    assert [bucket.take() for _ in range(2)] == [True, False]
    now = 60.0
    assert [bucket.take() for _ in range(3)] == [True, True, False]


def test_a_quota_below_one_a_second_still_lets_one_come():
    now = 0.0
    bucket = TokenBucket(0.1, lambda: now)
    assert [bucket.take(), bucket.take()] == [True, False]
    now = 10.0
    assert bucket.take()


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


def test_agentcore_may_assume_a_role_that_trusts_it_for_this_account_s_runtimes():
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
