"""What the checks of a stack find, and what they advise."""

import pytest
from botocore.exceptions import ClientError

from runs.doctor.checkup import examine
from runs.doctor.finding import Level
from tests.runs.accounts import ACCOUNT, NOW, OUTPUTS, answer, listen

PROFILE = "eu.anthropic.claude-haiku-4-5-20251001-v1:0"
MODEL = "anthropic.claude-haiku-4-5-20251001-v1:0"
AVAILABLE = {
    "authorizationStatus": "AUTHORIZED",
    "entitlementAvailability": "AVAILABLE",
    "regionAvailability": "AVAILABLE",
}


def runtime(**changed):
    return {
        "status": "READY",
        "agentRuntimeVersion": "7",
        "environmentVariables": {"MODEL_ID": PROFILE},
    } | changed


@pytest.fixture
def place(account):
    """Return the place of a healthy stack."""
    arn = f"arn:aws:bedrock:eu-west-1::foundation-model/{MODEL}"
    answer(account.place, "sts", get_caller_identity={"Account": ACCOUNT, "Arn": "arn:aws:iam::1:user/ana"})
    answer(account.place, "bedrock-agentcore-control", get_agent_runtime=runtime())
    answer(
        account.place,
        "bedrock",
        get_inference_profile={"models": [{"modelArn": arn}]},
        get_foundation_model_availability=AVAILABLE,
    )
    answer(
        account.place,
        "scheduler",
        get_schedule={"State": "ENABLED", "ScheduleExpression": "cron(0 6 ? * MON *)", "Name": "weekly"},
    )
    answer(account.place, "xray", get_trace_segment_destination={"Destination": "CloudWatchLogs", "Status": "ACTIVE"})
    return account.place


def found(place):
    return {finding.what: finding for finding in examine(place, now=NOW)}


def test_model_and_spans_of_a_local_stack_are_not_looked_for_on_aws(place, monkeypatch):
    monkeypatch.setattr(type(place), "is_local", True)
    missing = ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "x")
    answer(place, "bedrock", get_inference_profile=missing)
    answer(place, "xray", get_trace_segment_destination=missing)
    findings = found(place)
    assert {findings[what].level for what in ("model", "spans")} == {Level.OK}


def test_a_healthy_stack_has_no_problem(account, place):
    account.add_run("8d76db61", minutes_ago=60)
    findings = found(place)
    assert {what: finding.level for what, finding in findings.items()} == dict.fromkeys(
        ("credentials", "outputs", "runs", "schedule weekly", "agent", "model", "logs", "spans"), Level.OK
    )
    assert [finding.remedy for finding in findings.values() if finding.remedy] == []
    assert "last run 8d76db61 is COMPLETED" in findings["schedule weekly"].found


def test_credentials_of_another_account_end_the_checks(place):
    answer(place, "sts", get_caller_identity={"Account": "999999999999", "Arn": "arn:aws:iam::999999999999:user/x"})
    findings = found(place)
    assert list(findings) == ["credentials"]
    assert findings["credentials"].level is Level.FAIL
    assert "but stack dev is in account 123456789012" in findings["credentials"].found


def refusal(code):
    return ClientError({"Error": {"Code": code, "Message": "no permission for x"}}, "X")


def test_a_run_beyond_its_deadline_or_lease_is_stuck(account, place):
    now = NOW.timestamp()
    account.add_run("beyond-deadline", status="PENDING", deadline_at=now - 301)
    account.add_run("beyond-lease", status="BUSY", deadline_at=now + 900, lease_expires_at=now - 301)
    account.add_run("late", status="BUSY", deadline_at=now - 290, lease_expires_at=now - 290)
    account.add_run("ended", deadline_at=now - 900, lease_expires_at=now - 900)
    finding = found(place)["runs"]
    assert finding.level is Level.FAIL
    assert finding.found.startswith("2 beyond the deadline or the lease: ")
    assert "'runs redrive beyond-" in finding.remedy


@pytest.mark.parametrize(
    ("service", "answers", "what", "level", "text"),
    [
        ("scheduler", {"get_schedule": {"State": "DISABLED"}}, "schedule weekly", Level.WARN, "disabled; no run in 45"),
        ("scheduler", {"get_schedule": refusal("AccessDenied")}, "schedule weekly", Level.WARN, "not checked: Access"),
        (
            "bedrock-agentcore-control",
            {"get_agent_runtime": runtime(status="UPDATE_FAILED", failureReason="no role")},
            *("agent", Level.FAIL, "UPDATE_FAILED: no role"),
        ),
        (
            "bedrock-agentcore-control",
            {"get_agent_runtime": runtime(status="UPDATING")},
            *("agent", Level.WARN, "UPDATING"),
        ),
        (
            "bedrock",
            {"get_foundation_model_availability": AVAILABLE | {"entitlementAvailability": "NOT_AVAILABLE"}},
            *("model", Level.FAIL, "entitlementAvailability is NOT_AVAILABLE"),
        ),
        (
            "bedrock",
            {"get_inference_profile": refusal("AccessDenied")},
            "model",
            Level.WARN,
            "not checked: Access denied",
        ),
        (
            "xray",
            {"get_trace_segment_destination": {"Destination": "XRay", "Status": "ACTIVE"}},
            *("spans", Level.WARN, "Transaction Search is off"),
        ),
        ("sts", {"get_caller_identity": refusal("ExpiredToken")}, "credentials", Level.WARN, "have expired"),
    ],
)
def test_each_problem_is_found_with_its_remedy(place, service, answers, what, level, text):
    answer(place, service, **answers)
    finding = found(place)[what]
    assert (finding.level, text in finding.found) == (level, True), finding
    assert finding.remedy or "not checked" in finding.found


def test_a_failed_run_of_a_schedule_is_named(account, place):
    account.add_run("c1c55e3d", minutes_ago=60, status="FAILED")
    account.add_run("5f02c1aa", minutes_ago=90)
    finding = found(place)["schedule weekly"]
    assert (finding.level, finding.remedy) == (Level.WARN, "'runs show c1c55e3d' says why")


def test_a_missing_log_group_is_named(place):
    group = OUTPUTS["log_group_names"]["stop"]
    place.client("logs").delete_log_group(logGroupName=group)
    finding = found(place)["logs"]
    assert (finding.level, finding.found) == (Level.FAIL, f"no log group {group}")


@pytest.mark.parametrize(
    ("model", "asked"),
    [
        (PROFILE, MODEL),
        (MODEL, MODEL),
        (f"arn:aws:bedrock:eu-west-1::foundation-model/{MODEL}", MODEL),
        ("arn:aws:bedrock:eu-west-1:1:application-inference-profile/abc", MODEL),
    ],
)
def test_the_access_of_the_model_behind_a_profile_is_checked(place, model, asked):
    answer(place, "bedrock-agentcore-control", get_agent_runtime=runtime(environmentVariables={"MODEL_ID": model}))
    requests = []
    listen(
        place,
        "bedrock",
        "provide-client-params.bedrock.GetFoundationModelAvailability",
        lambda params, **_: requests.append(params),
    )
    assert found(place)["model"].level is Level.OK
    assert requests == [{"modelId": asked}]
