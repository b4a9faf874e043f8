"""What the pages show, over an account in moto."""

from __future__ import annotations

import json
import re
from html import unescape

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError

from runs.journal.reading import Journal
from tests.runs.accounts import NOW, OUTPUTS, answer, history
from tests.runs.many_runs import ManyRuns
from tests.runs.page.conftest import KEYS, PORT

FAILED = "c1c55e3d-8a70-4c0e-9d7a-2f1f2ad0a5a1"
DONE = "5f02c1aa-1111-4222-8333-444455556666"
BUSY = "8d76db61-1111-4222-8333-444455556666"
OWN = {"Origin": f"http://127.0.0.1:{PORT}"}
ARN = OUTPUTS["state_machine_arn"].replace("stateMachine", "execution") + ":one"


@pytest.fixture
def runs(account):
    account.add_run(BUSY, minutes_ago=2, status="BUSY", progress="Reading the usage of 420 functions")
    account.add_run(DONE, minutes_ago=60, finished_at=NOW.timestamp() - 3_439, summary="Saves $452.13.")
    account.add_run(
        FAILED,
        minutes_ago=9 * 24 * 60,
        status="FAILED",
        attempt=3,
        requested_by="ana@example.com",
        error_type="AgentLost",
        error_message="The agent stopped responding in every attempt (3).",
        prompt="Which functions can be deleted?",
    )
    return account


def rows(page):
    return re.findall(r'<tbody id="run-([^"]+)"', page)


def words(page):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [BUSY, DONE, FAILED]),
        ("?status=failed", [FAILED]),
        ("?status=running", [BUSY]),
        ("?status=waiting", []),
        ("?schedule=weekly", [BUSY, DONE]),
        ("?since=7d", [BUSY, DONE]),
        ("?search=ANA@", [FAILED]),
        ("?search=8d76", [BUSY]),
        ("?search=deleted%3F", [FAILED]),
        ("?search=452.13&status=completed", [DONE]),
        ("?search=452.13&status=failed", []),
        ("?page=2", []),
    ],
)
@pytest.mark.usefixtures("runs")
def test_the_address_contains_the_filters_of_the_list(client, query, found):
    assert rows(client.get(f"/{query}").text) == found


@pytest.mark.usefixtures("runs")
def test_setting_one_filter_keeps_the_others_and_returns_to_the_first_page(client):
    page = unescape(client.get("/?schedule=weekly&since=7d&page=2").text)
    assert 'href="/?status=failed&schedule=weekly&since=7d"' in page


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("?status=broken", "There is no status 'broken': choose one of waiting, running, completed"),
        ("?page=0", "There is no page '0'"),
        ("?since=yesterday", "--since is 'yesterday'"),
    ],
)
def test_an_address_with_a_wrong_value_lists_the_valid_values(client, query, message):
    answered = client.get(f"/{query}")
    assert answered.status_code == 400
    assert message in words(answered.text)


def test_a_list_has_pages_of_fifty(client, account):
    for number in range(51):
        account.add_run(f"{number:08d}", minutes_ago=number)

    first, second = client.get("/").text, client.get("/?page=2").text

    assert [len(rows(first)), len(rows(second))] == [50, 1]
    assert ('rel="next"' in first, 'rel="next"' in second, 'rel="prev"' in second) == (True, False, True)


def test_the_first_view_of_100_000_runs_is_one_request_of_one_page(client, monkeypatch):
    journal = ManyRuns()
    monkeypatch.setattr(Journal, "_dynamodb", journal)
    page = client.get("/").text
    assert (len(rows(page)), 'rel="next"' in page) == (50, True)
    assert [request["PaginationConfig"] for request in journal.asked] == [{"PageSize": 51}]
    assert journal.read == 1


def test_an_empty_journal_explains_how_to_start_a_run(client):
    assert "No run yet Start one , or wait for a schedule" in words(client.get("/").text)


def test_texts_of_others_are_escaped_and_hidden_characters_are_shown(client, account):
    attack = "<script>alert(1)</script>\x1b[2J\u202etxt"
    account.add_run(DONE, status="FAILED", prompt=attack, requested_by=attack, error_type=attack, error_message=attack)
    account.add_step(DONE, 1, 1, step="TOOL", name=attack, status="error", error_message=attack)
    shown = "&lt;script&gt;alert(1)&lt;/script&gt;\\u001b[2J\\u202etxt"
    for address in ("/", f"/runs/{DONE}", f"/runs/{DONE}/steps", f"/runs/{DONE}/retry", "/?search=alert"):
        page = client.get(address).text
        assert shown in page
        assert "<script>" not in page
        assert "\x1b" not in page
        assert "\u202e" not in page


def test_a_search_for_markup_is_shown_as_text(client):
    page = client.get('/?search="><script>alert(1)</script>').text
    assert 'value="&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"' in page


@pytest.mark.usefixtures("runs")
def test_the_page_of_a_failed_run_begins_with_its_error_and_the_remedy(client):
    page = words(client.get(f"/runs/{FAILED}").text)
    assert (
        f"✗ failed {FAILED} AgentLost The agent stopped responding in every attempt (3). What to do: "
        "Look at the last step of each attempt and at the agent's logs. Retry"
    ) in page


@pytest.mark.usefixtures("runs")
def test_only_possible_actions_are_offered(client):
    busy, done = client.get(f"/runs/{BUSY}").text, client.get(f"/runs/{DONE}").text
    assert ('id="cancel"' in busy, 'id="retry"' in busy) == (True, False)
    assert ('id="cancel"' in done, 'id="retry"' in done) == (False, True)


@pytest.mark.usefixtures("runs")
def test_a_prefix_of_an_id_leads_to_its_run(client):
    assert client.get("/runs/c1c5").headers["location"] == f"/runs/{FAILED}"
    assert client.get("/runs/@latest/steps").headers["location"] == f"/runs/{BUSY}/steps"


@pytest.mark.usefixtures("runs")
def test_an_unknown_run_and_an_unknown_part_are_not_found(client):
    assert client.get("/runs/ffffffff").status_code == 404
    assert client.get(f"/runs/{DONE}/secrets").status_code == 404


@pytest.mark.parametrize("verb", ["cancel", "retry"])
def test_an_action_asks_for_confirmation_once_and_names_the_run(client, runs, verb):
    session_id = BUSY if verb == "cancel" else FAILED
    page = client.get(f"/runs/{session_id}/{verb}").text
    assert session_id in page
    assert f"{verb.capitalize()} {session_id[:8]}</button>" in page
    assert runs.events() == []

    answered = client.post(f"/runs/{session_id}/{verb}", data={"csrf": KEYS.csrf}, headers=OWN)

    assert answered.status_code == 303
    [event] = runs.events()
    named = {
        "cancel": {"session_id": BUSY, "requested_by": "ana@laptop"},
        "retry": {"retry_of": FAILED, "requested_by": "ana@laptop"},
    }
    assert event["Detail"] == named[verb]


def test_a_started_run_is_waited_for(client, account):
    answered = client.post("/start", data={"csrf": KEYS.csrf, "prompt": " Look. "}, headers=OWN)

    assert [event["Detail"] for event in account.events()] == [{"prompt": "Look.", "requested_by": "ana@laptop"}]
    page = client.get(answered.headers["location"])
    assert page.status_code == 200
    assert "Its workflow claims it in a moment" in page.text


def test_a_schedule_and_a_prompt_exclude_each_other(client, account):
    form = {"csrf": KEYS.csrf, "prompt": "Look.", "schedule": "weekly"}
    answered = client.post("/start", data=form, headers=OWN)
    assert answered.status_code == 400
    assert account.events() == []


def test_a_form_that_is_too_large_is_refused(client, account):
    form = {"csrf": KEYS.csrf, "prompt": "x" * 300_000}
    assert "The form is too large" in client.post("/start", data=form, headers=OWN).text
    assert account.events() == []


def refused(code, message="no"):
    return ClientError({"Error": {"Code": code, "Message": message}}, "Query")


@pytest.mark.parametrize(
    ("error", "status", "shown"),
    [
        (refused("ExpiredTokenException"), 403, "expired: run <code>aws sso login</code>"),
        (refused("AccessDeniedException", "not authorized: dynamodb:Query"), 403, "not authorized: dynamodb:Query"),
        (refused("ResourceNotFoundException", "no table"), 404, "The stack&#39;s resources are not there"),
        (NoCredentialsError(), 403, "There are no AWS credentials: run <code>aws sso login</code>"),
        (EndpointConnectionError(endpoint_url="http://x"), 503, "whether the local stack is still running"),
    ],
)
def test_a_refusal_of_aws_becomes_a_page_with_the_remedy(client, account, error, status, shown):
    answer(account.place, "dynamodb", query=error)
    answered = client.get("/")
    assert answered.status_code == status
    assert shown.replace("&#39;", "'") in unescape(answered.text)


def test_without_access_to_the_workflow_the_rest_of_a_run_is_shown(client, account):
    account.add_run(DONE, execution_arn=ARN, summary="All fine")
    answer(account.place, "stepfunctions", get_execution_history=refused("AccessDeniedException", "no history"))
    page = client.get(f"/runs/{DONE}").text
    assert "All fine" in page
    assert "The workflow's history cannot be read. Access denied: no history" in words(page)


def test_the_current_state_of_the_workflow_is_marked(client, account):
    account.add_run(BUSY, minutes_ago=2, status="BUSY", execution_arn=ARN)
    history(account.place, [(100, "ClaimRun"), (99, "StartAgent"), (98, "WaitForRun"), (50, "CheckRun")])
    assert '<span class="stage current">look</span>' in client.get(f"/runs/{BUSY}").text


def test_the_report_is_framed_without_scripts_and_its_digest_is_checked(client, account):
    body = b"<h1>Report</h1><script>alert(1)</script>"
    account.add_run(DONE, **account.add_report(DONE, {"report.html": body}))

    framed = client.get(f"/runs/{DONE}/report").text
    assert 'sandbox src="' in framed
    assert f"<code>runs report {DONE} --open</code>" in framed
    document = client.get(f"/runs/{DONE}/report/document")
    assert document.content == body
    policy = document.headers["content-security-policy"]
    assert policy.startswith("sandbox; default-src 'none';")
    assert "script" not in policy
    assert document.headers["x-content-type-options"] == "nosniff"

    account.place.client("s3").put_object(
        Bucket=OUTPUTS["report_bucket_name"], Key=f"reports/{DONE}/attempt-1/report.html", Body=b"other"
    )
    changed = client.get(f"/runs/{DONE}/report/document")
    assert "is not what the run wrote" in changed.text
    assert "other" not in words(changed.text).split()


def test_a_report_outside_of_the_folder_of_its_run_is_not_read(client, account):
    account.add_run(DONE, report_uri=f"s3://foreign/reports/{DONE}/1/report.html", report_sha256="0" * 64)
    assert "it is not read" in client.get(f"/runs/{DONE}/report").text
    assert "it is not read" in client.get(f"/runs/{DONE}/report/document").text


def test_a_report_of_another_format_is_shown_as_text(client, account):
    account.add_run(DONE, **account.add_report(DONE, {"report.md": b"# <b>"}))
    assert client.get(f"/runs/{DONE}/report/document").headers["content-type"] == "text/plain; charset=utf-8"


def test_a_conversation_is_shown_as_text(client, account):
    account.add_run(DONE, summary="All fine")
    assert "No conversation was saved, or it has expired" in client.get(f"/runs/{DONE}/conversation").text
    message = {"role": "assistant", "content": [{"text": "<script>alert(1)</script>\x1b[2J\u202e"}]}
    key = f"conversations/session_{DONE}-1/agents/agent_default/messages/message_0.json"
    account.place.client("s3").put_object(
        Bucket=OUTPUTS["report_bucket_name"], Key=key, Body=json.dumps({"message": message})
    )
    page = client.get(f"/runs/{DONE}/conversation").text
    assert '<p class="said">&lt;script&gt;alert(1)&lt;/script&gt;\\u001b[2J\\u202e</p>' in page
    answer(account.place, "s3", list_objects_v2=refused("AccessDenied", "no s3:ListBucket"))
    assert "The conversation cannot be read Access denied: no s3:ListBucket" in words(
        client.get(f"/runs/{DONE}/conversation").text
    )


def test_a_run_has_links_into_the_console(client, account):
    account.add_run(DONE, execution_arn=ARN)
    page = client.get(f"/runs/{DONE}").text
    assert f'#gen-ai-observability/agent-core/session/{DONE}" rel="noreferrer">trace</a>' in page
    assert "console execution , trace , agent log , start log , stop log" in words(page)


def test_logs_are_shown_as_text(client, account):
    account.add_run(BUSY, minutes_ago=2, status="BUSY")
    account.log("agent", f"{BUSY} <b>said\x1b[31m", seconds_ago=60)
    assert f"{BUSY} &lt;b&gt;said\\u001b[31m" in client.get(f"/runs/{BUSY}/logs").text
