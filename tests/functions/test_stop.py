import pytest
from botocore.exceptions import ClientError

from functions import stop
from functions.sessions import InvalidRequestError

SESSION = "0b5e2f3a-1111-4222-8333-444455556666"


def test_stops_the_session(agentcore, context):
    agentcore.accept({})
    assert stop.handler({"session_id": SESSION}, context) == {"outcome": "stopped"}
    ((path, headers, _),) = agentcore.requests
    assert path.endswith("/stopruntimesession?qualifier=DEFAULT")
    assert headers["X-Amzn-Bedrock-AgentCore-Runtime-Session-Id"] == SESSION


def test_is_content_when_the_session_is_gone(agentcore, context):
    agentcore.refuse(404, "ResourceNotFoundException")
    assert stop.handler({"session_id": SESSION}, context) == {"outcome": "absent"}


def test_raises_anything_else_for_the_workflow_to_retry(agentcore, context):
    agentcore.refuse(429, "ThrottlingException")
    with pytest.raises(ClientError, match="ThrottlingException"):
        stop.handler({"session_id": SESSION}, context)
    assert len(agentcore.requests) == 1


def test_says_what_to_send_when_the_event_names_no_session(agentcore, context):
    with pytest.raises(InvalidRequestError, match="Send session_id"):
        stop.handler({}, context)
    assert agentcore.requests == []
