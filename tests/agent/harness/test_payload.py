import pytest

from agent.harness.payload import InvalidPayloadError, StartPayload, parse_session_id

SESSION = "s" * 36
# Of an accepted length, but parts of paths, keys or lines of text.
NO_SESSION_IDS = ["../" * 12, "a" * 35 + "/", "a" * 35 + "\n", "-" + "a" * 35, "a" * 35 + "\u202e", "\u00e4" * 36]
PAYLOAD = {"session_id": SESSION, "attempt": 2, "prompt": "look", "deadline_at": 1_800_000_000.5}


def test_a_payload_survives_its_way_through_json():
    payload = StartPayload.parse(PAYLOAD | {"execution_arn": "arn:execution"})
    assert payload == StartPayload(session_id=SESSION, attempt=2, prompt="look", deadline_at=1_800_000_000.5)
    assert payload.as_json() == PAYLOAD


def test_a_float_attempt_without_decimals_becomes_an_integer():
    attempt = StartPayload.parse(PAYLOAD | {"attempt": 2.0}).attempt
    assert (attempt, type(attempt)) == (2, int)


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        ([PAYLOAD], "The payload is a list: send a JSON object"),
        ({}, "Send session_id"),
        (PAYLOAD | {"session_id": "s" * 32}, "33 to 256 letters, digits"),
        (PAYLOAD | {"session_id": "s" * 257}, "33 to 256 letters, digits"),
        *((PAYLOAD | {"session_id": text}, "33 to 256 letters, digits") for text in NO_SESSION_IDS),
        (PAYLOAD | {"attempt": 0}, "attempt .a whole number from 1."),
        (PAYLOAD | {"attempt": 2.5}, "attempt .a whole number from 1."),
        (PAYLOAD | {"attempt": True}, "attempt .a whole number from 1."),
        (PAYLOAD | {"attempt": float("inf")}, "attempt .a whole number from 1."),
        (PAYLOAD | {"attempt": 1000}, "attempt .a whole number from 1."),
        (PAYLOAD | {"attempt": 10**400}, "attempt .a whole number from 1."),
        (PAYLOAD | {"prompt": None}, "prompt .a text."),
        (PAYLOAD | {"prompt": " \n"}, "The prompt is blank: send a text"),
        (PAYLOAD | {"deadline_at": "soon"}, "deadline_at .epoch seconds."),
        (PAYLOAD | {"deadline_at": float("nan")}, "deadline_at .epoch seconds."),
        (PAYLOAD | {"deadline_at": float("inf")}, "deadline_at .epoch seconds."),
        (PAYLOAD | {"deadline_at": -float("inf")}, "deadline_at .epoch seconds."),
        (PAYLOAD | {"deadline_at": True}, "deadline_at .epoch seconds."),
        (PAYLOAD | {"deadline_at": 10**400}, "deadline_at .epoch seconds."),
    ],
)
def test_an_invalid_payload_is_refused_with_what_to_send(payload, message):
    with pytest.raises(InvalidPayloadError, match=message):
        StartPayload.parse(payload)


def test_a_stop_needs_the_session_id_only():
    assert parse_session_id({"session_id": SESSION}) == SESSION
