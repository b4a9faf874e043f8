import asyncio
import random
import time

import anyio.to_thread
import httpx
import pytest
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

from agent.harness.start_up.restorable_app import RestorableApp

# A time of the snapshot, long before its session is restored.
LONG_AGO = 1_000_000_000


@pytest.fixture
def app():
    return RestorableApp()


def request(app, method, path):
    async def send():
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://agent") as client:
            return await client.request(method, path, json={})

    return asyncio.run(send()).json()


def test_the_first_ping_of_a_restored_session_has_the_present_time(app):
    request(app, "GET", "/ping")
    app._last_status_update_time = LONG_AGO
    assert request(app, "GET", "/ping")["time_of_last_update"] >= int(time.time()) - 60


def test_the_first_ping_after_a_short_run_has_the_time_of_its_invocation(app):
    app.entrypoint(lambda _: "done")
    request(app, "GET", "/ping")
    app._last_status_update_time = LONG_AGO
    request(app, "POST", "/invocations")
    assert request(app, "GET", "/ping")["time_of_last_update"] >= int(time.time()) - 60


def test_the_time_of_a_session_that_has_begun_stays_until_its_status_changes(app):
    app.entrypoint(lambda _: "done")
    request(app, "POST", "/invocations")
    request(app, "GET", "/ping")
    app._last_status_update_time = LONG_AGO
    assert request(app, "GET", "/ping")["time_of_last_update"] == LONG_AGO


def test_sessions_of_one_snapshot_draw_different_numbers(app):
    drawn = []
    snapshot = random.Random(7).getstate()
    app.entrypoint(lambda _: drawn.append((RandomIdGenerator().generate_trace_id(), random.random())))
    for _ in range(2):
        random.setstate(snapshot)
        request(app, "POST", "/invocations")
    (first_id, first_jitter), (second_id, second_jitter) = drawn
    assert first_id != second_id
    assert first_jitter != second_jitter


@pytest.mark.parametrize("is_gone", [False, True], ids=["caller waits", "caller has gone"])
def test_work_begins_after_the_answer_even_if_the_caller_has_gone(app, is_gone):
    happened = []

    def invoke(_):
        app.call_after_response(lambda: happened.append("work"))
        return "accepted"

    async def receive():
        return {"type": "http.request", "body": b"{}"}

    async def send(message):
        if is_gone:
            raise OSError("the caller is gone")
        happened.append(message["type"])

    app.entrypoint(invoke)
    scope = {"type": "http", "method": "POST", "path": "/invocations", "headers": [], "query_string": b""}
    try:
        asyncio.run(app(scope, receive, send))
    except OSError:
        assert is_gone
    assert happened == ["work"] if is_gone else ["http.response.start", "http.response.body", "work"]


def test_a_ping_is_answered_while_requests_occupy_all_threads(app):
    async def ping():
        limiter = anyio.to_thread.current_default_thread_limiter()
        limiter.total_tokens = 1
        await limiter.acquire_on_behalf_of("a request that lasts")
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://agent") as client:
            return await asyncio.wait_for(client.get("/ping"), timeout=60)

    assert asyncio.run(ping()).json()["status"] == "Healthy"
