"""Start and stop functions that play AgentCore and the agent from a script in the prompt; they run as Lambda functions.

The script says for each start, by its number, how it goes (`accepted`, `throttled`, `rejected`, or `raises`), and for
each attempt what its agent then does in the journal. Both are in the run's prompt, as JSON:
`{"starts": [...], "agents": [...]}`; the last entry of each holds for all that follow.
"""

import json
import os
import time

import boto3

from agent.harness.journal import Journal

DYNAMODB = boto3.client("dynamodb")
TABLE = os.environ["JOURNAL_TABLE"]


def start(event, _context):
    script = json.loads(event["prompt"])
    number = _count(event["session_id"], "starts")
    outcome = _entry(script.get("starts", ["accepted"]), number)
    if outcome == "raises":
        raise RuntimeError("the answer was lost")
    if outcome == "accepted":
        _act(_entry(script["agents"], event["attempt"]), event)
    return {"outcome": outcome, "error_type": "AccessDeniedException", "error_message": "not yours"}


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
    if agent == "completes":
        journal.complete(
            report_uri="s3://b/k", report_sha256="0" * 64, summary="Fine.", usage={"turns": 1}, changed=False
        )
    elif agent == "fails":
        journal.fail("ValueError", "no such region")
    elif agent == "cancels itself":
        journal.cancel()
    elif agent == "vanishes from the journal":
        DYNAMODB.delete_item(TableName=TABLE, Key=_key(event["session_id"], "SESSION"))
    else:
        assert agent in ("dies", "hangs"), agent


def _count(session_id, what):
    """Counts a call beside the run, with its time."""
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
