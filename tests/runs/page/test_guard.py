"""Who gets in, and what the browser is allowed to do with the pages."""

from __future__ import annotations

import pytest

from tests.runs.page.conftest import KEYS, PORT

OWN = f"http://127.0.0.1:{PORT}"
RUN = "c1c55e3d-8a70-4c0e-9d7a-2f1f2ad0a5a1"


def test_the_token_becomes_a_cookie_and_leaves_the_address(stranger):
    answer = stranger.get("/?status=failed&token=the-token")

    assert (answer.status_code, answer.headers["location"]) == (303, "/?status=failed")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"runs-{PORT}=the-session;")
    assert {"httponly", "samesite=strict", "path=/"} <= {part.strip().lower() for part in cookie.split(";")}
    assert stranger.get(answer.headers["location"]).status_code == 200


def test_the_token_that_the_browser_gets_as_an_argument_works_once(stranger):
    assert [stranger.get("/?token=once").status_code for _ in range(2)] == [303, 200]
    stranger.cookies.clear()
    assert stranger.get("/?token=once").status_code == 403
    assert stranger.get("/?token=the-token").status_code == 303


def test_the_token_leads_to_no_other_host(stranger):
    assert stranger.get(f"{OWN}//evil.example/?token=the-token").headers["location"] == "/evil.example/"


@pytest.mark.parametrize("address", ["/", "/?token=wrong", "/?token=", "/static/live.js", f"/runs/{RUN}", "/live"])
def test_a_browser_without_the_token_sees_nothing(stranger, address):
    answer = stranger.get(address)

    assert answer.status_code == 403
    assert answer.text == "This browser is not known: open the address that 'runs ui' has printed.\n"


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": f"localhost:{PORT}"},
        {"Host": f"rebound.example:{PORT}"},
        {"Host": "127.0.0.1"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": f"http://localhost:{PORT}"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
    ],
)
def test_other_names_of_this_machine_and_other_sites_are_refused_even_with_the_cookie(client, headers):
    assert client.get("/", headers=headers).status_code == 403


def test_a_link_in_another_window_leads_to_a_page(client):
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert client.get("/", headers=headers).status_code == 200


@pytest.mark.parametrize("path", ["/start", f"/runs/{RUN}/cancel", f"/runs/{RUN}/retry"])
@pytest.mark.parametrize(
    ("headers", "form"),
    [
        ({"Origin": OWN}, {}),
        ({"Origin": OWN}, {"csrf": "wrong"}),
        ({"Origin": "https://evil.example"}, {"csrf": KEYS.csrf}),
        ({}, {"csrf": KEYS.csrf}),
        ({"Origin": OWN, "Sec-Fetch-Site": "same-site"}, {"csrf": KEYS.csrf}),
    ],
)
def test_a_form_of_another_page_does_nothing(client, account, path, headers, form):
    account.add_run(RUN, status="BUSY")

    answer = client.post(path, data=form, headers=headers)

    assert answer.status_code == 403
    assert account.events() == []


@pytest.mark.parametrize("address", ["/", "/statistics", "/start", "/static/live.js", "/nothing", f"/runs/{RUN}"])
def test_each_answer_forbids_scripts_frames_and_copies(client, account, address):
    account.add_run(RUN)
    headers = client.get(address).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))

    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert {policy[f"{kind}-src"] for kind in ("script", "style", "img", "connect", "frame")} == {"'self'"}
    assert policy["form-action"] == "'self'"
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "same-origin"


def test_a_fault_is_answered_with_the_same_headers(site, monkeypatch):
    from starlette.testclient import TestClient

    from runs.page.app import application
    from runs.page.filters import Filters

    def fail(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(Filters, "read", fail)
    with TestClient(application(site, port=PORT), base_url=OWN, raise_server_exceptions=False) as client:
        answer = client.get("/?token=the-token")

    assert answer.status_code == 500
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "Traceback" not in answer.text


def test_no_page_has_scripts_or_styles_of_its_own(client, account):
    account.add_run(RUN, status="FAILED", error_type="AgentLost")
    for address in ("/", "/start", "/statistics", f"/runs/{RUN}", f"/runs/{RUN}/steps", f"/runs/{RUN}/retry"):
        page = client.get(address).text
        assert "style=" not in page
        assert "onclick" not in page
        assert "<style" not in page
        assert page.count("<script") == page.count('<script src="/static/') == 2
        assert "http://" not in page.replace("http://www.w3.org/2000/svg", "")
