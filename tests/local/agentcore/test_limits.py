from local.agentcore.limits import TokenBucket


def test_one_second_s_tokens_may_be_taken_at_once_and_refill_with_time():
    now = 0.0
    bucket = TokenBucket(2.0, lambda: now)
    assert [bucket.take() for _ in range(3)] == [True, True, False]
    now = 0.5
    assert [bucket.take() for _ in range(2)] == [True, False]
    now = 60.0
    assert [bucket.take() for _ in range(3)] == [True, True, False]


def test_a_rate_below_one_per_second_still_allows_one_token():
    now = 0.0
    bucket = TokenBucket(0.1, lambda: now)
    assert [bucket.take(), bucket.take()] == [True, False]
    now = 10.0
    assert bucket.take()
