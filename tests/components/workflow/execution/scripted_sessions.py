"""Lambda functions that stand in for the start and stop functions and for the agent; they follow a script.

The script is the run's prompt, as JSON: `{"starts": [...], "agents": [...]}`. An entry of `starts` is the outcome of
one start (`accepted`, `throttled`, `rejected` or `raises`). An entry of `agents` is what the agent of one attempt does
in the journal. The last entry of each list also applies to all later starts or attempts.
"""

import json
import os
import time

import boto3

from agent.harness.journal.journal import Journal

DYNAMODB = boto3.client("dynamodb")
TABLE = os.environ["JOURNAL_TABLE"]


def start(event, _context):
    script = json.loads(event["prompt"])
    number = _count(event["session_id"], "starts")
    outcome = _entry(script.get("starts", ["accepted"]), number)
    if outcome == "raises":
        raise RuntimeError("the response was lost")
    if outcome == "accepted":
        _act(_entry(script["agents"], event["attempt"]), event)
    return {"outcome": outcome, "error_type": "AccessDeniedException", "error_message": "no permission"}


def stop(event, _context):
    _count(event["session_id"], "stops")
    return {"outcome": "stopped"}


def _act(agent, event):
    journal = Journal(
        DYNAMODB, TABLE, session_id=event["session_id"], attempt=event["attempt"], owner=f"attempt {event['attempt']}"
    )
    if agent == "never begins":
        return
    journal.begin(lease_seconds=1 if agent == "dies" else 3600, expected_seconds=1)
    if agent in ("completes", "has news", "names a foreign report"):
        own = f"s3://b/reports/{event['session_id']}/report.md"
        journal.complete(
            report_uri="s3://evil/report.html" if agent == "names a foreign report" else own,
            report_sha256="0" * 64,
            summary="Fine.",
            usage={"turns": 1},
            changed=agent == "has news",
        )
    elif agent == "fails":
        journal.fail("ValueError", "no such region")
    elif agent == "has no model":
        journal.release(model_error="Too many tokens")
    elif agent == "cancels itself":
        journal.cancel()
    elif agent == "deletes its item":
        DYNAMODB.delete_item(TableName=TABLE, Key=_key(event["session_id"], "SESSION"))
    else:
        assert agent in ("dies", "hangs"), agent


def _count(session_id, what):
    """Record the time of a call in an item beside the run, and return how many calls there were."""
    updated = DYNAMODB.update_item(
        TableName=TABLE,
        Key=_key(session_id, what),
        UpdateExpression="SET calls = list_append(if_not_exists(calls, :none), :now)",
        ExpressionAttributeValues={":none": {"L": []}, ":now": {"L": [{"N": str(time.time())}]}},
        ReturnValues="ALL_NEW",
    )
    return len(updated["Attributes"]["calls"]["L"])


def _entry(entries, number):
    return entries[min(number, len(entries)) - 1]


def _key(session_id, sort_key):
    return {"PK": {"S": session_id}, "SK": {"S": sort_key}}
