"""How executions end, and what they announce."""

import json
import uuid

import pytest

from agent import event_types
from tests.components.workflow.execution.stage import BUDGETS

pytestmark = pytest.mark.local


def test_a_completed_run_succeeds_and_sends_one_outcome_event(stage):
    execution, item, outcomes = stage.run(agents=["completes"])
    assert (execution["status"], item["status"], item["attempt"]) == ("SUCCEEDED", "COMPLETED", 1)
    (outcome,) = outcomes
    assert outcome["detail-type"] == event_types.RUN_ENDED
    assert outcome["detail"] == {
        "session_id": item["PK"],
        "status": "COMPLETED",
        "attempt": 1,
        "prompt": item["prompt"],
        "requested_by": "test",
        "report_uri": f"s3://b/reports/{item['PK']}/report.md",
        "summary": "Fine.",
        "changed": False,
        "execution_arn": execution["executionArn"],
    }
    assert len(stage.calls(item["PK"], "stops")) == 1


def test_only_an_outcome_with_a_changed_report_is_sent_to_the_topic(stage):
    _, changed, (outcome,) = stage.run(agents=["has news"])
    _, unchanged, _ = stage.run(agents=["completes"])
    _, failed, _ = stage.run(agents=["fails"])
    assert stage.notified(changed["PK"]) == [outcome["detail"]]
    assert stage.notified(unchanged["PK"]) == stage.notified(failed["PK"]) == []


def test_a_run_ends_as_usual_if_its_notification_cannot_be_sent(stage):
    unreachable = json.loads(json.dumps(stage.definition()).replace(stage.topic, f"{stage.topic}-gone"))
    execution, item, outcomes = stage.run(machine=stage.machine("without-topic", unreachable), agents=["has news"])
    assert (execution["status"], item["status"], len(outcomes)) == ("SUCCEEDED", "COMPLETED", 1)
    assert stage.notified(item["PK"]) == []


def test_a_report_that_is_not_the_run_s_own_is_not_announced(stage):
    execution, item, (outcome,) = stage.run(agents=["names a foreign report"])
    assert (execution["status"], item["status"], item["report_uri"]) == (
        "SUCCEEDED",
        "COMPLETED",
        "s3://evil/report.html",
    )
    assert (outcome["detail"]["status"], outcome["detail"]["error_type"]) == ("COMPLETED", "ReportRefused")
    assert "evil" not in json.dumps(outcome["detail"])


def test_an_input_of_the_rules_before_this_release_starts_a_run_too(stage):
    session_id, machine = str(uuid.uuid4()), stage.workflows[BUDGETS.workflow_deadline_seconds]
    detail = {"prompt": json.dumps({"agents": ["completes"]})}
    old = {"session_id": session_id, "requested_at": "2026-01-01T00:00:00Z", "source": "test", "detail": detail}
    arn = stage.stepfunctions.start_execution(stateMachineArn=machine, input=json.dumps(old))["executionArn"]
    assert stage.wait_for(arn)["status"] == "SUCCEEDED"
    assert stage.item(session_id)["requested_at"] == "2026-01-01T00:00:00Z"


def test_a_failed_run_fails_its_execution_with_the_run_s_error(stage):
    execution, item, (outcome,) = stage.run(agents=["fails"])
    assert (execution["status"], execution["error"], item["status"]) == ("FAILED", "ValueError", "FAILED")
    assert execution["cause"] == f"Run {item['PK']} failed in attempt 1: no such region"
    assert (outcome["detail"]["error_type"], outcome["detail"]["error_message"]) == ("ValueError", "no such region")


def test_a_cancelled_run_is_a_successful_execution(stage):
    execution, item, (outcome,) = stage.run(agents=["cancels itself"])
    assert (execution["status"], item["status"], outcome["detail"]["status"]) == ("SUCCEEDED", "CANCELLED", "CANCELLED")


@pytest.mark.parametrize(
    ("state", "arguments", "agents", "status"),
    [
        ("RecordFailure", lambda arguments: arguments, ["dies"], "FAILED"),
        ("Announce", lambda arguments: arguments["Entries"][0], ["completes"], "COMPLETED"),
    ],
)
def test_an_execution_that_failed_because_of_aws_completes_after_a_redrive(stage, state, arguments, agents, status):
    whole = stage.definition()
    broken = whole["States"][state]
    found = arguments(broken["Arguments"])
    name = "TableName" if "TableName" in found else "Source"
    # Until the redrive there is no such table, and only AWS may use the source.
    redriven = "$exists($states.context.Execution.RedriveCount)"
    found[name] = f"{{% {redriven} ? '{found[name]}' : 'aws.none' %}}"
    broken["Retry"] = []
    execution, item, outcomes = stage.run(machine=stage.machine(f"broken-at-{state}", whole), agents=agents)
    assert (execution["status"], outcomes) == ("FAILED", [])

    stage.stepfunctions.redrive_execution(executionArn=execution["executionArn"])
    ended = stage.wait_for(execution["executionArn"])
    assert ended["status"] == ("SUCCEEDED" if status == "COMPLETED" else "FAILED")
    assert stage.item(item["PK"])["status"] == status
    assert [outcome["detail"]["status"] for outcome in stage.outcomes(item["PK"])] == [status]
