"""Who may put which events on the bus: each test is an attempt to speak as somebody else."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator

import boto3
import pytest
from botocore.exceptions import ClientError

from components.testing.mocks import ACCOUNT, REGION
from local.stack import LocalStack, Options
from policies.rules.documents import statements
from tests.components.recorded import Recording
from tests.delivery.iam import Context, denies

pytestmark = pytest.mark.filterwarnings("ignore:.* has been deprecated in favor of:DeprecationWarning")

SCHEDULES, WORKFLOW, SOMEBODY = "schedules", "workflow", "anybody"
SCHEDULED = ("agent-runs.schedule", "Agent Run Requested")
ENDED = ("agent-runs", "Agent Run Ended")
REQUESTED = ("cli", "Agent Run Requested")
CANCELLED = ("cli", "Agent Run Cancellation Requested")


def is_denied(recording: Recording, role: str | None, *events: tuple[str, str]) -> bool:
    """Return whether the bus denies a role, or a service without a role, to put events in one request."""
    policy = list(statements(recording.one("EventBusPolicy")["policy"]))
    context: dict[str, list[str]] = {
        "events:source": [source for source, _ in events],
        "events:detail-type": [detail_type for _, detail_type in events],
    }
    if role is not None:
        name = f"agent-runs-{recording.stack}-{role}"
        context["aws:principalarn"] = [f"arn:aws:iam::{ACCOUNT}:role/{name}"]
    bus = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{recording.outputs['event_bus_name']}"
    request: Context = context
    return denies(policy, "events:PutEvents", bus, request)


def test_the_schedules_and_the_workflow_keep_their_own_events(deployed: Recording) -> None:
    names = {role["name"] for role in deployed.of("Role")}
    assert {f"agent-runs-{deployed.stack}-{role}" for role in (SCHEDULES, WORKFLOW)} <= names

    assert not is_denied(deployed, SCHEDULES, SCHEDULED)
    assert not is_denied(deployed, WORKFLOW, ENDED)


@pytest.mark.parametrize("role", [SOMEBODY, SCHEDULES, WORKFLOW, "agent", None])
def test_everybody_may_request_and_cancel_runs_as_before(deployed: Recording, role: str | None) -> None:
    assert not is_denied(deployed, role, REQUESTED, CANCELLED)


@pytest.mark.parametrize("role", [SOMEBODY, WORKFLOW, "agent", "schedules-2", None])
def test_nobody_else_requests_a_run_as_a_schedule(deployed: Recording, role: str | None) -> None:
    assert is_denied(deployed, role, SCHEDULED)
    assert is_denied(deployed, role, REQUESTED, SCHEDULED), "also not among other events"


@pytest.mark.parametrize("role", [SOMEBODY, SCHEDULES, "agent", "workflow-2", None])
@pytest.mark.parametrize("event", [ENDED, ("agent-runs", "anything"), ("cli", "Agent Run Ended")])
def test_nobody_else_announces_an_outcome(deployed: Recording, role: str | None, event: tuple[str, str]) -> None:
    assert is_denied(deployed, role, event)
    assert is_denied(deployed, role, REQUESTED, event), "also not among other events"


def test_the_policy_denies_nothing_but_events_on_its_own_bus(deployed: Recording) -> None:
    bus = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{deployed.outputs['event_bus_name']}"

    for statement in statements(deployed.one("EventBusPolicy")["policy"]):
        assert (statement.allows, statement.actions, statement.resources) == (False, ["events:PutEvents"], [bus])


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    with LocalStack(Options(state=tmp_path_factory.mktemp("state"))) as stack:
        stack.deploy()
        yield stack


def put(stack: LocalStack, event: tuple[str, str]) -> str | None:
    """Put an event on the stack's bus as somebody who may put events; return the code of the refusal, or None."""
    account, iam = stack.account(), stack.client("iam")
    name = f"somebody-{uuid.uuid4()}"
    iam.create_user(UserName=name)
    allowed = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_user_policy(UserName=name, PolicyName="put", PolicyDocument=document)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    events = boto3.client(
        "events",
        endpoint_url=account.endpoint,
        region_name=account.region,
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
    source, detail_type = event
    entry = {"EventBusName": stack.outputs["event_bus_name"], "Source": source, "DetailType": detail_type}
    try:
        events.put_events(Entries=[{**entry, "Detail": "{}"}])
    except ClientError as refusal:
        return refusal.response["Error"]["Code"]
    return None


@pytest.mark.local
def test_the_account_refuses_false_events_and_accepts_requests(stack: LocalStack) -> None:
    refused = {event: put(stack, event) for event in (SCHEDULED, ENDED, CANCELLED, REQUESTED)}

    assert refused == {
        SCHEDULED: "AccessDeniedException",
        ENDED: "AccessDeniedException",
        CANCELLED: None,
        REQUESTED: None,
    }
