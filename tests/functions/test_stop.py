import pytest
from botocore.exceptions import ClientError

from agent.harness.payload import InvalidPayloadError
from functions import stop

SESSION = "0b5e2f3a-1111-4222-8333-444455556666"


def test_a_session_is_stopped(agentcore, context):
    agentcore.accept({})
    assert stop.handler({"session_id": SESSION}, context) == {"outcome": "stopped"}
    ((path, headers, _),) = agentcore.requests
    assert path.endswith("/stopruntimesession?qualifier=DEFAULT")
    assert headers["X-Amzn-Bedrock-AgentCore-Runtime-Session-Id"] == SESSION


def test_an_absent_session_is_no_error(agentcore, context):
    agentcore.refuse(404, "ResourceNotFoundException")
    assert stop.handler({"session_id": SESSION}, context) == {"outcome": "absent"}


def test_any_other_error_is_raised_for_the_workflow_to_retry(agentcore, context):
    agentcore.refuse(429, "ThrottlingException")
    with pytest.raises(ClientError, match="ThrottlingException"):
        stop.handler({"session_id": SESSION}, context)
    assert len(agentcore.requests) == 1


@pytest.mark.parametrize("event", [{}, {"session_id": "../" * 12}])
def test_an_event_without_a_session_is_refused_with_what_to_send(agentcore, context, event):
    with pytest.raises(InvalidPayloadError, match="Send session_id"):
        stop.handler(event, context)
    assert agentcore.requests == []
