"""What the state machines do with the detail of an event, without an execution."""

import enum

import pytest

from components.workflow.definitions.cancellation import cancellation_definition
from tests.components import asl
from tests.components.workflow.definitions.machines import NOW, STATES

# Of an accepted length, but parts of paths, keys or lines of text.
NO_SESSION_IDS = ["../" * 12, "a" * 35 + "/", "a" * 35 + "\n", "-" + "a" * 35, "a" * 35 + "\u202e", "\u00e4" * 36]
CANCELLATION = cancellation_definition(table_name="journal")["States"]
SESSION = "s" * 36


class _Missing(enum.Enum):
    """Stands for a detail that the event does not have. An enumeration looks alike in each process."""

    DETAIL = "missing"


MISSING = _Missing.DETAIL
DETAILS = [
    *(MISSING, None, "", "look", 7, True, [], ["look"], [7], [None], [{"prompt": "look"}], [[{"prompt": "look"}]]),
    *({}, {"": 1}, {"promt": "look"}, {"prompt": {"prompt": {}}}, {"prompt": [None]}, {"session_id": [None]}),
    *({name: value} for name in ("prompt", "requested_by", "session_id") for value in (None, "", 7, False, [], {})),
    {str(number): number for number in range(10_000)},
    {"prompt": "x" * 200_000},
    {"x" * 200_000: 1},
]


def request(detail, source="cli"):
    known = {"id": SESSION, "time": "2026-01-01T00:00:00Z", "source": source}
    return known if detail is MISSING else known | {"detail": detail}


def claimed(detail, *, cancelled=False, source="cli"):
    """Return the item that a request claims, the next state, and the failure to record."""
    names = {"states": {"input": request(detail, source), "context": {"Execution": {"Id": "arn:e"}}}}
    values = asl.evaluate(STATES["ClaimRun"]["Arguments"], names, now=NOW)["ExpressionAttributeValues"]
    item = {name[1:]: value for name, value in values.items()}
    attributes = item | ({"cancel_requested_at": {"N": "1"}} if cancelled else {})
    names["states"]["result"] = {"Attributes": attributes}
    variables = asl.evaluate(STATES["ClaimRun"]["Assign"], names, now=NOW)
    after, assigned = asl.choose(STATES["CheckRequest"], variables, now=NOW)
    return item, after, (variables | assigned)["failure"]


def message(detail):
    _, after, failure = claimed(detail)
    assert (after, failure["error_type"]) == ("RecordFailure", "InvalidRequest")
    return failure["error_message"]


@pytest.mark.parametrize("detail", DETAILS, ids=lambda detail: repr(detail)[:40])
def test_every_detail_is_claimed_and_only_an_object_with_known_keys_starts_an_agent(detail):
    item, after, _ = claimed(detail)
    assert len(item["prompt"]["S"]) <= 100
    assert after == ("JoinLiveRuns" if detail in ({}, {"requested_by": ""}) else "RecordFailure")


@pytest.mark.parametrize("prompt", ["", " \n", 7, None, {"a": 1}, "x" * 101])
def test_an_invalid_prompt_is_refused(prompt):
    assert message({"prompt": prompt}).startswith("The event's prompt is not valid: send a string")


@pytest.mark.parametrize("retry_of", ["", "s" * 32, "s" * 257, 7, None, [SESSION]])
def test_an_invalid_id_of_an_earlier_run_is_refused(retry_of):
    assert message({"retry_of": retry_of}).startswith("The event's retry_of is not valid: send the session_id")


def test_a_prompt_beside_an_earlier_run_is_refused():
    expected = "The event has prompt and retry_of: send only one of them"
    assert message({"prompt": "look", "retry_of": SESSION}) == expected


def test_a_request_with_an_earlier_run_reads_that_run_first():
    item, after, _ = claimed({"retry_of": SESSION, "requested_by": "ann"})
    assert (item["prompt"], after) == ({"S": ""}, "ReadRetried")


@pytest.mark.parametrize("requester", [7, None, ["ann"]])
def test_a_requester_that_is_no_text_is_refused(requester):
    assert message({"requested_by": requester}) == "The event's requested_by is not valid: send a string, or omit it"


@pytest.mark.parametrize(
    ("source", "requester", "after"),
    [
        ("agent-runs.schedule", "schedule weekly", "ClaimSchedule"),
        ("agent-runs.schedule", "schedule whose-runs-may-overlap", "JoinLiveRuns"),
        ("somebody", "schedule weekly", "JoinLiveRuns"),
    ],
)
def test_only_an_event_of_the_schedules_claims_a_schedule(source, requester, after):
    assert claimed({"requested_by": requester}, source=source)[1] == after


@pytest.mark.parametrize(
    ("source", "claim", "requester"),
    [
        ("agent-runs.schedule", "schedule weekly", "schedule weekly"),
        ("cli", "schedule weekly", "cli: schedule weekly"),
        ("cli", None, "cli"),
        ("schedule weekly", None, "source schedule weekly"),
        ("schedule weekly", "", "schedule weekly: "),
        ("schedule " + "x" * 192, "", "schedule " + "x" * 191),
    ],
)
def test_nobody_but_a_schedule_looks_like_a_schedule(source, claim, requester):
    item, *_ = claimed({} if claim is None else {"requested_by": claim}, source=source)
    assert item["requested_by"] == {"S": requester}


@pytest.mark.parametrize(
    ("unknown", "nearest"),
    [
        *(("promt", "prompt"), ("Prompt", "prompt"), ("prompts", "prompt"), ("requestedBy", "requested_by")),
        *(("requester", "requested_by"), ("query", None), ("text", None), ("", None), ("x" * 200_000, None)),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_known_one(unknown, nearest):
    hint = f": did you mean {nearest}?" if nearest else "."
    expected = (
        f"The event's detail has the unknown key '{unknown[:50]}'{hint} Send only prompt, requested_by and retry_of"
    )
    assert message({unknown: "look"}) == message({"prompt": "look", unknown: 1}) == expected


@pytest.mark.parametrize(
    ("detail", "found"),
    [
        (MISSING, "missing"),
        (None, "of type null"),
        ("look", "of type string"),
        ([{"prompt": "look"}], "of type array"),
        (7, "of type number"),
    ],
)
def test_a_detail_that_is_no_object_is_refused_with_an_example(detail, found):
    assert message(detail) == f'The event\'s detail is {found}. Send a JSON object, such as {{"prompt": "..."}}'


def test_a_run_that_was_cancelled_before_the_claim_is_not_started():
    assert claimed({}, cancelled=True)[1] == claimed({"promt": ""}, cancelled=True)[1] == "RecordCancellation"


def refused_cancellation(detail):
    names = {"states": {"input": request(detail)}}
    after, _ = asl.choose(CANCELLATION["CheckRequest"], names, now=NOW)
    assert after == "InvalidRequest"
    return asl.evaluate(CANCELLATION["InvalidRequest"]["Cause"], names, now=NOW)


@pytest.mark.parametrize("detail", DETAILS, ids=lambda detail: repr(detail)[:40])
def test_a_cancellation_without_a_session_id_is_refused_with_what_to_send(detail):
    assert "send the run's session_id" in refused_cancellation(detail)


@pytest.mark.parametrize(
    ("detail", "found"),
    [
        ({"sesion_id": SESSION}, "The event's detail has the unknown key 'sesion_id': did you mean 'session_id'?"),
        ({"session_id": "s" * 3_000}, "The session_id is not valid"),
        ({"session_id": "s" * 32}, "The session_id is not valid"),
        *(({"session_id": text}, "The session_id is not valid") for text in NO_SESSION_IDS),
        ({"session_id": None}, "The session_id is of type null"),
        ({}, "The event has no session_id"),
    ],
)
def test_a_refused_cancellation_names_what_is_wrong(detail, found):
    assert found.replace("'session_id'", "session_id") in refused_cancellation(detail)


@pytest.mark.parametrize(
    ("attributes", "has_waited", "after"),
    [
        ({"status": {"S": "PENDING"}}, False, "RunMarked"),
        ({"status": {"S": "BUSY"}}, True, "RunMarked"),
        ({}, False, "WaitForClaim"),
        ({}, True, "NoSuchRun"),
    ],
)
def test_a_cancellation_waits_once_for_the_claim_of_its_run(attributes, has_waited, after):
    names = {"states": {"input": request({"session_id": SESSION}), "result": {"Attributes": attributes}}}
    marked = asl.evaluate(CANCELLATION["MarkRun"]["Assign"], names, now=NOW)
    chosen, _ = asl.choose(CANCELLATION["EvaluateMark"], marked | {"has_waited": has_waited}, now=NOW)
    assert chosen == after
