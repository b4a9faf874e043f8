"""What changes while somebody looks at a page."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError
from starlette.requests import Request

from runs.errors import RunsError
from runs.journal.reading import Journal
from runs.page.live import Part, live
from runs.page.tally import Tally
from runs.page.views.listing import list_stream
from runs.page.views.run import run_stream
from tests.runs.accounts import NOW, answer

RUN = "8d76db61-1111-4222-8333-444455556666"
OTHER = "5f02c1aa-1111-4222-8333-444455556666"


def request(query="", **path):
    return Request({"type": "http", "query_string": query.encode(), "path_params": path, "headers": []})


def events(response, until, limit=50):
    """Return the events of a stream up to the first one of a name, as pairs of name and data."""

    async def read():
        found = []
        async for text in response.body_iterator:
            name, data = text.removesuffix("\n\n").split("\n")
            found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
            if found[-1][0] == until or len(found) >= limit:
                break
        await response.body_iterator.aclose()
        return found

    return asyncio.run(read())


def test_the_list_sends_its_rows_first_and_then_the_counts(site, account):
    account.add_run(RUN, status="BUSY")
    account.add_run(OTHER, minutes_ago=5)

    sent = events(list_stream(site, request()), "fresh")

    assert [sorted(data) for _, data in sent] == [[f"run-{OTHER}", f"run-{RUN}"], ["counts"], []]
    counts = sent[1][1]["counts"].replace(' aria-current="page"', "")
    assert "All <b>2</b>" in counts
    assert "Running <b>1</b>" in counts


def test_only_changed_elements_are_sent_again():
    readings = iter(
        [
            [Part(elements={"a": "1", "b": "1"})],
            [Part(elements={"a": "1", "b": "1"})],
            [Part(elements={"a": "2", "b": "1"}), Part(elements={"c": "1"}, is_last=True)],
        ]
    )

    sent = events(live(lambda: iter(next(readings)), is_closing=lambda: False, every=0), "end")

    assert sent == [
        ("change", {"a": "1", "b": "1"}),
        ("fresh", {}),
        ("fresh", {}),
        ("change", {"a": "2"}),
        ("change", {"c": "1"}),
        ("end", {}),
    ]


def test_a_stream_ends_when_the_server_does():
    states = iter([False, False, True, True])
    stream = live(lambda: iter([Part(elements={})]), is_closing=lambda: next(states), every=3_600)
    assert events(stream, "never") == [("fresh", {})]


def test_a_run_that_stops_matching_the_filter_keeps_its_row(site, account):
    account.add_run(RUN, status="BUSY")
    response = list_stream(site, request("status=running"))
    found = []

    async def read():
        async for text in response.body_iterator:
            found.append(text)
            if len(found) == 3:
                account.add_run(RUN, status="COMPLETED", summary="All fine")
            if "All fine" in text:
                break
        await response.body_iterator.aclose()

    asyncio.run(asyncio.wait_for(read(), 30))
    assert 'data-status=\\"completed\\"' in found[-1]


def test_a_refusal_is_shown_and_the_stream_goes_on():
    readings = iter([ClientError({"Error": {"Code": "ExpiredToken"}}, "Query"), RunsError("<b>"), ZeroDivisionError()])

    def read():
        raise next(readings)

    sent = events(live(read, is_closing=lambda: False, every=0), "never", limit=3)

    assert "expired: run <code>aws sso login</code>" in sent[0][1]["html"]
    assert "&lt;b&gt;" in sent[1][1]["html"]
    assert "The page has a fault (ZeroDivisionError)" in sent[2][1]["html"]
    assert [name for name, _ in sent] == ["problem"] * 3


@pytest.mark.parametrize(
    ("seconds", "name", "text"), [(30, "fresh", "{}"), (61, "problem", "No workflow has claimed run")]
)
def test_a_run_that_no_workflow_claims_is_reported_after_a_minute(site, seconds, name, text):
    site.requested[RUN] = NOW - timedelta(seconds=seconds)
    [(sent, data)] = events(run_stream(site, request(session_id=RUN, tab="timeline")), "never", limit=1)
    assert sent == name
    assert text in json.dumps(data)


def test_a_run_that_was_waited_for_is_loaded_even_if_it_came_before_the_stream(site, account):
    account.add_run(RUN, status="BUSY")
    sent = events(run_stream(site, request(session_id=RUN, tab="requested")), "end")
    assert [name for name, _ in sent] == ["reload", "end"]


def test_the_end_of_a_run_is_sent_to_its_page_once(site, account):
    account.add_run(RUN, status="COMPLETED", summary="All fine")
    sent = events(run_stream(site, request(session_id=RUN, tab="steps")), "end")
    assert [name for name, _ in sent] == ["change", "end"]
    assert sorted(sent[0][1]) == ["facts", "head", "part"]


def test_the_tally_follows_runs_without_reading_ended_ones_again(account, monkeypatch):
    for number in range(200):
        account.add_run(f"old-{number}", minutes_ago=120 + number, status="FAILED" if number % 4 == 0 else "COMPLETED")
    account.add_run("stuck", minutes_ago=180, status="BUSY")
    tally = Tally(account.journal, period=timedelta(days=30), requested_by=None)
    read = []
    runs = Journal.runs

    def counted(*arguments, **options):
        for run in runs(*arguments, **options):
            read.append(run.session_id)
            yield run

    monkeypatch.setattr(Journal, "runs", counted)

    assert tally.read(NOW) == {"COMPLETED": 150, "FAILED": 50, "BUSY": 1}
    account.add_run("stuck", minutes_ago=180, status="CANCELLED")
    account.add_run("new", minutes_ago=0, status="PENDING")
    read.clear()
    assert tally.read(NOW) == {"COMPLETED": 150, "FAILED": 50, "CANCELLED": 1, "PENDING": 1}
    # From the oldest run that had not ended: 61 of the old ones are as young.
    assert len(read) == 63
    read.clear()
    assert tally.read(NOW) == {"COMPLETED": 150, "FAILED": 50, "CANCELLED": 1, "PENDING": 1}
    assert read == ["new"]


def test_access_to_the_workflow_that_is_denied_does_not_end_the_stream(site, account):
    account.add_run(RUN, status="BUSY", execution_arn="arn:aws:states:eu-west-1:1:execution:a:b")
    denied = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "GetExecutionHistory")
    answer(account.place, "stepfunctions", get_execution_history=denied)
    sent = events(run_stream(site, request(session_id=RUN, tab="timeline")), "fresh")
    assert "history cannot be read" in sent[0][1]["part"]
